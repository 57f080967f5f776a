// A virtual network with a subnet for container groups alone and a way out, which burstlet may put groups into.
param location string
param addressPrefix string
param principalId string
param roleDefinitionId string

resource address 'Microsoft.Network/publicIPAddresses@2023-09-01' = {
  name: 'burstlet-out'
  location: location
  sku: { name: 'Standard' }
  properties: { publicIPAllocationMethod: 'Static' }
}

resource gateway 'Microsoft.Network/natGateways@2023-09-01' = {
  name: 'burstlet-out'
  location: location
  sku: { name: 'Standard' }
  properties: { publicIpAddresses: [{ id: address.id }] }
}

resource network 'Microsoft.Network/virtualNetworks@2023-09-01' = {
  name: 'burstlet'
  location: location
  properties: {
    addressSpace: { addressPrefixes: [addressPrefix] }
    subnets: [
      {
        name: 'groups'
        properties: {
          addressPrefix: cidrSubnet(addressPrefix, 20, 0)
          natGateway: { id: gateway.id }
          delegations: [
            { name: 'groups', properties: { serviceName: 'Microsoft.ContainerInstance/containerGroups' } }
          ]
        }
      }
    ]
  }
}

resource assignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: network
  name: guid(network.id, principalId, roleDefinitionId)
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: roleDefinitionId
  }
}

output subnetId string = resourceId('Microsoft.Network/virtualNetworks/subnets', network.name, 'groups')
