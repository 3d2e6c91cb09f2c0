using ChunkUpload.Core.Storage;
using ChunkUpload.Core.Uploads;
using ChunkUpload.Tests.Support.Engine;

namespace ChunkUpload.Tests.Functional.Uploads;

/// <summary>What a request decides about the whole stream it decides only while nobody else has it.</summary>
public sealed partial class StreamRaceTests
{
    [Fact]
    public async Task Whoever_was_fenced_before_it_fixed_a_size_fixes_none()
    {
        var (rig, id) = await BeginAsync(size: null);
        var declaring = rig.Hooks.HoldBefore("DeclareAsync");
        var late = AppendAsync(rig, id, 0, TestBody.Of(Content.AsSpan(0, 50_000)), size: Length);
        await declaring.Reached;
        using var newcomers = new TestBody();
        var newcomer = AppendAsync(rig, id, 0, newcomers.Announce(null));
        await PassAsync(rig, 1);
        await SendAsync(newcomers, Content.AsMemory(0, 50_000));

        declaring.Open();

        Assert.Equal(UploadError.TakenOver, (await late).Failure?.Error);
        Assert.Null((await rig.Ledger.GetAsync(id, CancellationToken.None))!.Size);
        newcomers.End();
        Assert.Equal(50_000, TestSession.Expect(await newcomer).Offset);
    }

    [Fact]
    public async Task Whoever_was_fenced_before_it_ended_an_upload_of_no_known_size_publishes_nothing()
    {
        var (rig, id) = await BeginAsync(size: null);
        Assert.Equal(50_000, TestSession.Expect(await AppendAsync(rig, id, 0, TestBody.Of(Content.AsSpan(0, 50_000)))).Offset);
        var flushed = rig.Hooks.HoldAfter("UnflushedAsync");
        var late = AppendAsync(rig, id, 50_000, TestBody.Of([], announced: false), ending: StreamEnding.WithThisRequest);
        await flushed.Reached;
        using var newcomers = new TestBody();
        var newcomer = AppendAsync(rig, id, 50_000, newcomers.Announce(null));
        await PassAsync(rig, 1);
        await SendAsync(newcomers, Content.AsMemory(50_000, 50_000));

        flushed.Open();

        Assert.Equal(UploadError.TakenOver, (await late).Failure?.Error);
        var upload = (await rig.Ledger.GetAsync(id, CancellationToken.None))!;
        Assert.Equal((UploadState.Open, null), (upload.State, upload.Size));
        newcomers.End();
        Assert.Equal(100_000, TestSession.Expect(await newcomer).Offset);
        Assert.Equal(100_000, TestSession.Expect(await AppendAsync(rig, id, 100_000, TestBody.Of([], announced: false), ending: StreamEnding.WithThisRequest)).Upload.Size);
    }

    [Fact]
    public async Task An_end_that_was_overtaken_by_its_own_repetition_is_told_the_same()
    {
        var (rig, id) = await BeginAsync(size: null);
        Assert.Equal(50_000, TestSession.Expect(await AppendAsync(rig, id, 0, TestBody.Of(Content.AsSpan(0, 50_000)))).Offset);
        var looks = 0;
        var flushed = rig.Hooks.HoldAfter("UnflushedAsync", _ => ++looks == 1);
        var late = AppendAsync(rig, id, 50_000, TestBody.Of([], announced: false), ending: StreamEnding.WithThisRequest);
        await flushed.Reached;
        var again = AppendAsync(rig, id, 50_000, TestBody.Of([], announced: false), ending: StreamEnding.WithThisRequest);
        await PassAsync(rig, 1);
        Assert.True(TestSession.Expect(await again).Completed);

        flushed.Open();

        Assert.True(TestSession.Expect(await late).Completed);
    }

    [Fact]
    public async Task Whoever_was_fenced_before_it_failed_a_wrong_file_ends_nothing()
    {
        var (rig, id) = await BeginAsync(sha256: Sha256Digest.Of(Content));
        var failing = rig.Hooks.HoldBefore("EndStreamAsync");
        var wrong = AppendAsync(rig, id, 0, TestBody.Of(new byte[Length]));
        await failing.Reached;
        var recorded = (int)(await rig.Ledger.GetAsync(id, CancellationToken.None))!.ReceivedBytes;
        using var newcomers = new TestBody();
        var newcomer = AppendAsync(rig, id, recorded, newcomers.Announce(Length - recorded));
        await PassAsync(rig, 2);
        await SendAsync(newcomers, Content.AsMemory(recorded, 50_000));

        failing.Open();

        Assert.Equal(UploadError.TakenOver, (await wrong).Failure?.Error);
        Assert.Equal(UploadState.Open, (await rig.Ledger.GetAsync(id, CancellationToken.None))!.State);
        newcomers.Break();
        Assert.Equal((UploadError.Interrupted, recorded + 50_000), Failure(await newcomer));
    }

    [Fact]
    public async Task Whoever_was_fenced_before_it_ended_what_it_brought_too_much_for_ends_nothing()
    {
        var (rig, id) = await BeginAsync();
        var epoch = (await rig.Ledger.GetAsync(id, CancellationToken.None))!.Epoch;
        var (straggler, checkpoint, body) = await StraggleAsync(rig, id);
        using var newcomers = new TestBody();
        var newcomer = AppendAsync(rig, id, 0, newcomers.Announce(Length));
        await PassAsync(rig, 2);
        await SendAsync(newcomers, Content.AsMemory(0, 50_000));

        Assert.Equal(UploadError.TakenOver, (await rig.Desk.CancelStreamAsync(TestSession.Me, id, epoch, CancellationToken.None)).Failure?.Error);

        await SendAsync(newcomers, Content.AsMemory(50_000));
        newcomers.End();
        Assert.True(TestSession.Expect(await newcomer).Completed);
        checkpoint.Open();
        Assert.False((await straggler).Ok);
        body.Dispose();
        await AssertContentAsync(rig, id);
    }
}
