import {FakeAws} from '../../../fakes/aws.ts'
import {awsContract} from './contract.ts'

awsContract(async () => {
  const zones = ['us-east-1a', 'us-east-1b']
  const driver = new FakeAws([
    {
      name: 'services',
      scalingGroup: 'eks-services',
      isSpot: false,
      min: 1,
      desired: 1,
      max: 4,
      instanceTypes: ['c7i.xlarge'],
      zones,
      subnets: zones.map((zone) => `subnet-${zone}`),
      instances: [],
    },
  ])
  return {
    driver,
    group: 'services',
    exhaust: async (without) => driver.exhaust('services', without),
    patienceSeconds: 1,
  }
})
