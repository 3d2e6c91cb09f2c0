using ChunkUpload.Core.Fsck;
using ChunkUpload.Core.Storage;
using ChunkUpload.Tests.Support;
using ChunkUpload.Tests.Support.Engine;
using ChunkUpload.Tests.Support.Maintenance;
using Dapper;

namespace ChunkUpload.Tests.Functional.Uploads;

/// <param name="Rig">The incarnation that dies.</param>
/// <param name="Run">The steps: its calls that change disk or ledger.</param>
/// <param name="Recover">Continues in the next incarnation and checks what must hold there.</param>
internal sealed record CrashScenario(EngineRig Rig, Func<Task> Run, Func<EngineRig, Task> Recover);

/// <summary>
/// The base of the tests in which the process dies before each of its calls that change disk or ledger, which is also right after the one
/// before, and after the last one.
/// </summary>
public abstract class EngineCrashTests(PostgresFixture postgres) : EngineTests(postgres)
{
    /// <summary>If set, each scenario runs once, nothing dies, and the names of its steps are added.</summary>
    internal HashSet<string>? Steps { get; set; }

    internal async Task DieEverywhereAsync(Func<EngineRig, Task<CrashScenario>> begin, EngineSetup? setup = null)
    {
        var rig = await StartAsync(setup);
        for (var step = CrashSteps.First; ; step += CrashSteps.Apart)
        {
            var scenario = await begin(rig);
            rig = scenario.Rig;
            var before = rig.Hooks.Seen.Count;
            rig.Hooks.DieAt(Steps is null ? step : int.MaxValue);
            var ended = false;
            try
            {
                await scenario.Run();
                ended = true;
            }
            catch (ProcessDiedException)
            {
            }

            if (Steps is not null)
            {
                Steps.UnionWith(rig.Hooks.Seen.Skip(before).Where(call => call.Changes).Select(call => call.Name));
                return;
            }

            rig = Keep(await rig.CrashAsync());
            try
            {
                await scenario.Recover(rig);
            }
            catch (Exception exception)
            {
                throw new InvalidOperationException($"After death before call {step}.", exception);
            }

            if (!ended)
                continue;
            Assert.True(step > 3, "The scenario has ended too soon.");
            return;
        }
    }

    /// <summary>Checks what must hold in the next incarnation, before the uploads go on, afterwards, and when all have ended.</summary>
    internal static async Task RecoverAsync(EngineRig rig, Func<Task> finish)
    {
        await EngineInvariants.AssertTrueAsync(rig);
        await EngineInvariants.AssertNothingLeakedAsync(rig);
        await finish();
        await EngineInvariants.SweepAsync(rig);
        var report = await new FsckRun(
            rig.Get<IFsckLedger>(), rig.Ledger, rig.Ledger, rig.Get<Stores>(), rig.Get<IRunningHashes>(), rig.Time)
            .RunAsync(deep: true, mend: false, serviceRuns: true, new SilentProgress(), CancellationToken.None);
        Assert.True(report.Clean, string.Join(' ', report.Findings.Select(finding => finding.Sentence)));

        await EndAllAsync(rig);
        Assert.Empty(rig.Store.Enumerate(CancellationToken.None));
        Assert.Empty(await rig.Ledger.TombstonesAsync(1, CancellationToken.None));
        await EngineInvariants.AssertTrueAsync(rig);
    }

    /// <summary>
    /// Ends every upload and frees those that the previous process had ended but not freed, as the background worker does.
    /// </summary>
    internal static async Task EndAllAsync(EngineRig rig)
    {
        await using var connection = await rig.ConnectAsync();
        foreach (var id in await connection.QueryAsync<Guid>("select id from uploads where state in ('open', 'paused', 'completed')"))
            TestSession.Expect(await rig.Catalog.RemoveAsync(TestSession.Me, new UploadId(id), CancellationToken.None));
        var ended = await connection.QueryAsync<Guid>(
            "select id from uploads where has_content and state in ('cancelled', 'expired', 'failed', 'deleted')");
        foreach (var id in ended)
            await rig.Remover.ReclaimAsync(new UploadId(id), CancellationToken.None);
    }
}
