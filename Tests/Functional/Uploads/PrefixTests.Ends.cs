using ChunkUpload.Tests.Support.Engine;

namespace ChunkUpload.Tests.Functional.Uploads;

/// <summary>The bytes that are kept when the service ends the request.</summary>
public sealed partial class PrefixTests
{
    [Fact]
    public async Task An_idle_client_is_cut_and_what_it_sent_is_kept()
    {
        var rig = await StartAsync();
        var session = await TestSession.CreateAsync(rig, Length);
        using var body = new TestBody();
        var sending = session.SendAsync(session.Request(0, Length), body.Announce(Length));
        await body.SendAsync(session.Part(0, 5000));
        // No time passes for the client before the next wait.
        var idle = rig.Get<UploadOptions>().BodyIdleTimeout;
        await rig.Time.WaitForTimerAsync(idle);
        rig.Time.Advance(TimeSpan.FromSeconds(29));
        await body.SendAsync(session.Part(5000, 1));
        await rig.Time.WaitForTimerAsync(idle);
        rig.Time.Advance(TimeSpan.FromSeconds(29));
        Assert.False(sending.IsCompleted);
        rig.Time.Advance(TimeSpan.FromSeconds(1));

        var failure = (await sending).Failure;
        Assert.Equal((UploadError.IdleTimeout, 5001L), (failure?.Error, failure?.Offset));
        Assert.Equal("idle", Assert.Single((await rig.Ledger.FailuresAsync(session.Id, 10, CancellationToken.None)).Last).Kind);
        await session.MustPutAsync(0, Length, kept: 5001);
    }

    [Fact]
    public async Task A_service_that_stops_keeps_what_has_come()
    {
        var first = await StartAsync();
        var session = await TestSession.CreateAsync(first, Length);
        using var body = new TestBody();
        var sending = session.SendAsync(session.Request(0, Length), body.Announce(Length));
        await body.SendAsync(session.Part(0, 5000));
        first.Get<Core.Hosting.StoppingSignal>().Signal();

        var failure = (await sending).Failure;
        Assert.Equal((UploadError.Stopping, 5000L), (failure?.Error, failure?.Offset));
        var rig = Keep(await first.RestartAsync());
        await session.In(rig).MustPutAsync(0, Length, kept: 5000);
        await EngineInvariants.AssertCleanAsync(rig);
    }
    [Fact]
    public async Task Stream_overwrites_bytes_that_were_never_recorded()
    {
        var rig = await StartAsync();
        var session = await TestSession.CreateAsync(rig, Length);
        await session.BreakAsync(0, Length, 1000);
        rig.Hooks.Fail(nameof(IChunkLedger.RecordPrefixAsync), () => new LedgerUnavailableException("The answer was lost."));
        await Assert.ThrowsAsync<LedgerUnavailableException>(() => session.BreakAsync(0, Length, 9000, kept: 1000));

        Assert.Equal(2000, (await session.BreakAsync(0, Length, 2000, kept: 1000)).Offset);
        await session.MustPutAsync(0, Length, kept: 2000);
        TestSession.Expect(await session.CompleteAsync());
        await session.AssertWholeAsync();
        await EngineInvariants.AssertCleanAsync(rig);
    }
}
