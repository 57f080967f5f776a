// All that deploy/azure/README.md does by hand. Checked by reading only: no compiler of Bicep and no Azure was at hand.
//   az deployment sub create --location westeurope --template-file deploy/azure/bicep/main.bicep --parameters location=westeurope
targetScope = 'subscription'

@description('Region of the resource groups and of the virtual network.')
param location string

@description('Resource group of the container groups: aci.resourceGroup.')
param resourceGroupName string = 'burstlet'

@description('Resource group of the identity that burstlet is; burstlet has no rights in it.')
param systemResourceGroupName string = 'burstlet-system'

@description('Whether burstlet may ask Azure Monitor what pods use: aci.stats.')
param stats bool = false

@description('Issuer of the cluster\'s service account tokens; empty: no federated credential.')
param issuer string = ''

@description('Who may be that identity: the ServiceAccount of deploy/rbac.yaml.')
param subject string = 'system:serviceaccount:burstlet:burstlet'

@description('Addresses of a virtual network with a subnet for container groups, such as 10.8.0.0/16; empty: none.')
param addressPrefix string = ''

// The documents are the one place where actions are named.
var groupsRole = loadJsonContent('../groups.json')
var subscriptionRole = loadJsonContent('../subscription.json')
var usesRole = loadJsonContent('../uses.json')
var usageRole = loadJsonContent('../usage.json')
var roles = [groupsRole, subscriptionRole, usesRole, usageRole]

resource groups 'Microsoft.Resources/resourceGroups@2021-04-01' = {
  name: resourceGroupName
  location: location
}

resource system 'Microsoft.Resources/resourceGroups@2021-04-01' = {
  name: systemResourceGroupName
  location: location
}

resource definitions 'Microsoft.Authorization/roleDefinitions@2022-04-01' = [for role in roles: {
  name: guid(subscription().id, role.Name)
  properties: {
    roleName: role.Name
    description: role.Description
    type: 'CustomRole'
    permissions: [{ actions: role.Actions, notActions: role.NotActions }]
    assignableScopes: [subscription().id]
  }
}]

module identity 'identity.bicep' = {
  name: 'burstlet-identity'
  scope: system
  params: { location: location, issuer: issuer, subject: subject }
}

module assignments 'assignments.bicep' = {
  name: 'burstlet-groups'
  scope: groups
  params: { principalId: identity.outputs.principalId, roleDefinitionId: definitions[0].id }
}

module usage 'assignments.bicep' = if (stats) {
  name: 'burstlet-usage'
  scope: groups
  params: { principalId: identity.outputs.principalId, roleDefinitionId: definitions[3].id }
}

resource quotas 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(subscription().id, systemResourceGroupName, subscriptionRole.Name)
  properties: {
    principalId: identity.outputs.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: definitions[1].id
  }
}

module network 'network.bicep' = if (addressPrefix != '') {
  name: 'burstlet-network'
  scope: groups
  params: {
    location: location
    addressPrefix: addressPrefix
    principalId: identity.outputs.principalId
    roleDefinitionId: definitions[2].id
  }
}

output clientId string = identity.outputs.clientId
output tenantId string = tenant().tenantId
output subnetId string = addressPrefix == '' ? '' : network!.outputs.subnetId
