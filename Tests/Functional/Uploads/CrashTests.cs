using ChunkUpload.Core.Uploads;
using ChunkUpload.Tests.Support;
using ChunkUpload.Tests.Support.Engine;

namespace ChunkUpload.Tests.Functional.Uploads;

/// <summary>
/// E3, E10, E24, E30: the process dies before each of its calls that change disk or ledger. In the next incarnation the ledger agrees with
/// the disk, nothing acknowledged is missing, nothing is leaked, and the upload can be completed.
/// </summary>
public sealed class CrashTests(PostgresFixture postgres) : EngineCrashTests(postgres)
{
    internal const int Part = 9_000;
    internal const int Parts = 3;

    [Fact]
    public Task Dying_anywhere_on_the_way_of_a_chunk() => DieEverywhereAsync(async (session, acknowledged) =>
    {
        await session.MustPutAsync(0, Part);
        acknowledged.Add(new ByteRange(0, Part));
        await session.BreakAsync(Part, Part, 500);
        await session.BreakAsync(Part, Part, 4200, kept: 500);
        await session.MustPutAsync(Part, Part, kept: 4200);
        acknowledged.Add(new ByteRange(Part, Part));
        await session.BreakAsync(2 * Part, Part, 700);
        await session.MustPutAsync(2 * Part, Part);
        acknowledged.Add(new ByteRange(2 * Part, Part));
    });

    [Fact]
    public Task Dying_anywhere_while_chunks_are_dropped_and_taken_back() => DieEverywhereAsync(async (session, acknowledged) =>
    {
        var other = session with { Content = TestSession.Bytes(Part * Parts, seed: 3) };
        await other.BreakAsync(0, Part, 500);
        await session.MustPutAsync(0, Part);
        acknowledged.Add(new ByteRange(0, Part));
        await other.MustPutAsync(Part, Part);
        Assert.False((await session.SendAsync(session.Request(2 * Part, Part), TestBody.Of(new byte[Part]))).Ok);
        TestSession.Expect(await session.ReopenAsync(Part, Part));
        await session.MustPutAsync(Part, Part);
        acknowledged.Add(new ByteRange(Part, Part));
    }, spoiled: true);

    [Fact]
    public Task Dying_anywhere_while_chunks_are_merged() => DieEverywhereAsync(async (session, acknowledged) =>
    {
        foreach (var part in new[] { 2, 0, 1 })
        {
            await session.MustPutAsync(part * Part, Part);
            acknowledged.Add(new ByteRange(part * Part, Part));
            await session.SettleAsync();
        }
    });

    [Fact]
    public Task Dying_anywhere_while_the_upload_is_finished() => DieEverywhereAsync(async (session, acknowledged) =>
    {
        for (var part = 0; part < Parts; part++)
            await session.MustPutAsync(part * Part, Part);
        acknowledged.Add(new ByteRange(0, Parts * Part));
        var completing = session.CompleteAsync(sha256: Sha256Digest.Of(session.Content));
        await session.Rig.Hooks.WhenSeenAsync(nameof(IUploadLedger.BeginCompleteAsync), 1);
        var wait = session.Rig.Get<UploadOptions>().CompleteWait;
        await Task.WhenAny(completing, session.Rig.Time.WaitForTimerAsync(wait));
        session.Rig.Time.Advance(wait);
        TestSession.Expect(await completing);
        await session.SettleAsync();
        TestSession.Expect(await session.CompleteAsync());
    });

    [Fact]
    public Task Dying_anywhere_while_the_upload_is_thrown_away() => DieEverywhereAsync(async (session, _) =>
    {
        await session.MustPutAsync(0, Part);
        await session.MustPutAsync(Part, Part);
        await session.MergeAsync();
        await session.BreakAsync(2 * Part, Part, 500);
        TestSession.Expect(await session.CancelAsync());
    });

    private Task DieEverywhereAsync(Func<TestSession, List<ByteRange>, Task> scenario, bool spoiled = false) =>
        DieEverywhereAsync(async rig =>
        {
            var session = await TestSession.CreateAsync(rig, Parts * Part, declare: !spoiled);
            var acknowledged = new List<ByteRange>();
            return new CrashScenario(
                rig, () => scenario(session, acknowledged), next => RecoverAsync(session.In(next), acknowledged, spoiled));
        });

    /// <summary>Checks what must hold in the next incarnation.</summary>
    /// <param name="undoing">A power loss may have restored names whose removal was not flushed: they are swept once the ledger has
    /// forgotten them.</param>
    internal static async Task RecoverAsync(TestSession session, List<ByteRange> acknowledged, bool spoiled, bool undoing = false)
    {
        var rig = session.Rig;
        await EngineInvariants.AssertTrueAsync(rig);
        await EngineInvariants.AssertNothingLeakedAsync(rig);
        var upload = TestSession.Expect(await rig.Catalog.StatusAsync(TestSession.Me, session.Id, CancellationToken.None)).Upload;
        if (upload.State == UploadState.Cancelled)
        {
            TestSession.Expect(await session.CancelAsync());
        }
        else
        {
            await FinishAsync(session, upload, acknowledged, spoiled);
            TestSession.Expect(await rig.Catalog.DeleteFileAsync(TestSession.Me, session.Id, CancellationToken.None));
        }

        await EngineInvariants.SweepAsync(rig);
        if (undoing)
        {
            await rig.AgeAsync(TimeSpan.FromDays(8));
            await EngineInvariants.SweepAsync(rig);
        }

        Assert.Empty(rig.Store.Enumerate(CancellationToken.None));
        await EngineInvariants.AssertTrueAsync(rig);
    }

    private static async Task FinishAsync(TestSession session, Upload upload, List<ByteRange> acknowledged, bool spoiled)
    {
        if (upload.IsLive)
        {
            var missing = await session.Rig.Ledger.MissingAsync(session.Id, 0, 100, CancellationToken.None);
            Assert.DoesNotContain(missing, gap => acknowledged.Exists(range => range.Offset < gap.End && gap.Offset < range.End));
            if (spoiled && !missing.Contains(new ByteRange(Part, 2 * Part)) && await session.KeptAsync(Part) == Part)
                await session.ReopenAsync(Part, Part);
            for (var part = 0; part < Parts && upload.State == UploadState.Open; part++)
            {
                var kept = await session.KeptAsync(part * Part);
                if (kept < Part && !(await session.PutAsync(part * Part, Part, kept)).Ok)
                    await session.MustPutAsync(part * Part, Part);
            }

            await session.SettleAsync();
            TestSession.Expect(await session.CompleteAsync());
        }

        await session.SettleAsync();
        await session.AssertWholeAsync();
        Assert.Equal(Sha256Digest.Of(session.Content), (await session.UploadAsync()).Sha256);
    }
}
