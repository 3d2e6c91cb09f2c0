using ChunkUpload.Core.Advisor;
using ChunkUpload.Core.Audit;
using ChunkUpload.Core.Tree;
using ChunkUpload.Core.Fsck;
using ChunkUpload.Core.Jobs;
using ChunkUpload.Core.Storage;
using ChunkUpload.Core.Uploads;
using ChunkUpload.Tests.Support;
using ChunkUpload.Tests.Support.Engine;
using ChunkUpload.Tests.Support.Maintenance;
using Dapper;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Tests.Functional.Uploads;

/// <summary>E3, E10, E29, E30: the process dies at each step of what the operator and the jobs do with uploads.</summary>
public sealed class MaintenanceCrashTests(PostgresFixture postgres) : EngineCrashTests(postgres)
{
    private const int Length = 9_000;

    private static readonly byte[] Content = TestSession.Bytes(Length);

    [Fact]
    public Task Dying_anywhere_while_a_stream_is_paused_and_the_service_stops() => DieEverywhereAsync(async rig =>
    {
        var client = new StreamClient(Content);
        await client.CreateAsync(rig);
        var (id, none) = (client.Stream.Id, CancellationToken.None);
        return new CrashScenario(
            rig, async () =>
            {
                await client.AppendAsync(4_000);
                TestSession.Expect(await rig.Catalog.SetPriorityAsync(TestSession.Me, id, BandwidthPriority.Low, none));
                TestSession.Expect(await rig.Catalog.PauseAsync(TestSession.Me, id, none));
                TestSession.Expect(await rig.Catalog.ResumeAsync(TestSession.Me, id, none));
                await client.AppendAsync(5_000);
                await rig.Get<IIncarnationLedger>().EndIncarnationAsync(none);
            },
            next => RecoverAsync(next, async () =>
            {
                if ((await client.ResumeAsync(next)).State == UploadState.Paused)
                    TestSession.Expect(await next.Catalog.ResumeAsync(TestSession.Me, id, none));
                await client.FinishAsync(next);
            }));
    });

    [Fact]
    public Task Dying_anywhere_while_a_stale_stream_is_purged_and_forgotten() => DieEverywhereAsync(async rig =>
    {
        var client = new StreamClient(Content);
        await client.CreateAsync(rig);
        await client.AppendAsync(4_000);
        return new CrashScenario(
            rig, () => PurgeAsync(rig),
            next => RecoverAsync(next, async () =>
            {
                await PurgeAsync(next);
                // The background worker frees uploads that the previous process had ended but not freed.
                await EndAllAsync(next);
                await PurgeAsync(next);
                Assert.Null(await next.Ledger.GetAsync(client.Stream.Id, CancellationToken.None));
            }));

        async Task PurgeAsync(EngineRig rig)
        {
            var clock = rig.Get<IIncarnationLedger>();
            await clock.KeepWritingAsync([client.Stream.Id], CancellationToken.None);
            // A beat adds no more time than has passed since the last one.
            await using (var connection = await rig.ConnectAsync())
                await connection.ExecuteAsync("update service_clock set added_at = added_at - interval '30 days'");
            await clock.BeatAsync(rig.Get<UploadOptions>().IdleExpiry, CancellationToken.None);
            await new PurgeStaleSessions(
                rig.Get<IReclaimLedger>(), rig.Remover, rig.Get<TrashPurger>(), rig.Get<NetworkBook>(),
                Options.Create(rig.Get<UploadOptions>())).RunAsync(new SilentProgress(), CancellationToken.None);
            await using (var connection = await rig.ConnectAsync())
                await connection.ExecuteAsync("update uploads set state_at = state_at - interval '31 days'");
            await new TrimHistory(
                rig.Get<IReclaimLedger>(), rig.Get<IAuditLedger>(), Options.Create(rig.Get<JobsOptions>()),
                Options.Create(rig.Get<AuditOptions>())).RunAsync(new SilentProgress(), CancellationToken.None);
        }
    });

    [Fact]
    public Task Dying_anywhere_while_a_damaged_file_is_quarantined_and_released() => DieEverywhereAsync(async rig =>
    {
        var client = new StreamClient(Content);
        await client.CreateAsync(rig);
        await client.AppendAsync(Length);
        var path = PrefixTests.PathOf(rig, (await rig.Ledger.ExtentsAsync(client.Stream.Id, 0, 1, CancellationToken.None))[0].File);
        return new CrashScenario(
            rig, async () =>
            {
                await File.WriteAllBytesAsync(path, new byte[Length]);
                await ScrubAsync(rig);
                Assert.NotNull((await rig.Ledger.GetAsync(client.Stream.Id, CancellationToken.None))!.DamagedAt);
                await File.WriteAllBytesAsync(path, Content);
                await ScrubAsync(rig);
                await client.FinishAsync(rig);
            },
            async next =>
            {
                await File.WriteAllBytesAsync(path, Content);
                await ScrubAsync(next);
                await RecoverAsync(next, () => client.FinishAsync(next));
            });
    });

    [Fact]
    public Task Dying_anywhere_while_an_orphan_is_swept() => DieEverywhereAsync(async rig =>
    {
        var client = new StreamClient(Content);
        await client.CreateAsync(rig);
        await client.AppendAsync(4_000);
        var orphan = StoredFile.New(rig.Store.Id, StoredFileKind.Chunk, rig.Incarnation);
        await using (var writer = await rig.Store.CreateAsync(orphan, 1, CancellationToken.None))
        {
            writer.Write([1], 0);
            await writer.FlushAsync(final: true, CancellationToken.None);
        }

        // Only files of fenced incarnations are orphans.
        var next = Keep(await rig.CrashAsync());
        return new CrashScenario(
            next, async () =>
            {
                await EngineInvariants.SweepAsync(next);
                await client.ResumeAsync(next);
                await client.AppendAsync(5_000);
            },
            last => RecoverAsync(last, async () =>
            {
                await EngineInvariants.SweepAsync(last);
                Assert.DoesNotContain(orphan, last.Store.Enumerate(CancellationToken.None));
                await client.ResumeAsync(last);
                await client.FinishAsync(last);
            }));
    });

    private static Task<JobReport> ScrubAsync(EngineRig rig)
    {
        var check = new DeviceCheck(rig.Get<IContentLedger>(), rig.Get<Stores>(), rig.Get<IRunningHashes>());
        return new ScrubFiles(
            rig.Get<IContentLedger>(), check,
            new QuarantineReview(rig.Get<IFsckLedger>(), rig.Get<IContentLedger>(), rig.Get<Stores>(), check),
            Options.Create(rig.Get<JobsOptions>()), rig.Time, NullLogger<ScrubFiles>.Instance)
            .RunAsync(new SilentProgress(), CancellationToken.None);
    }
}
