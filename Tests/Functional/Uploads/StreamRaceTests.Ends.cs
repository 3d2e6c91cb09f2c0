using ChunkUpload.Core.Uploads;
using ChunkUpload.Tests.Support;
using ChunkUpload.Tests.Support.Engine;

namespace ChunkUpload.Tests.Functional.Uploads;

/// <summary>A request decides about the whole stream only while it holds the claim.</summary>
public sealed partial class StreamRaceTests
{
    [Fact]
    public async Task Fenced_writer_fixes_no_size()
    {
        var (rig, id) = await BeginAsync(size: null);
        var declaring = rig.Hooks.HoldBefore(nameof(IStreamLedger.DeclareAsync));
        var late = AppendAsync(rig, id, 0, TestBody.Of(Content.AsSpan(0, 50_000)), size: Length);
        await declaring.Reached;
        var (newer, newerBody) = await TakeOverAsync(rig, id, 0, null, waits: 1);
        using var _ = newerBody;

        declaring.Open();

        Assert.Equal(UploadError.TakenOver, (await late).Failure?.Error);
        Assert.Null((await rig.Ledger.GetAsync(id, CancellationToken.None))!.Size);
        newerBody.End();
        Assert.Equal(50_000, TestSession.Expect(await newer).Offset);
    }

    [Fact]
    public async Task Fenced_writer_of_an_upload_without_size_publishes_nothing()
    {
        var (rig, id, late, flushed) = await EndLateAsync();
        var (newer, newerBody) = await TakeOverAsync(rig, id, 50_000, null, waits: 1);
        using var _ = newerBody;

        flushed.Open();

        Assert.Equal(UploadError.TakenOver, (await late).Failure?.Error);
        var upload = (await rig.Ledger.GetAsync(id, CancellationToken.None))!;
        Assert.Equal((UploadState.Open, null), (upload.State, upload.Size));
        newerBody.End();
        Assert.Equal(100_000, TestSession.Expect(await newer).Offset);
        Assert.Equal(100_000, TestSession.Expect(await EndAsync(rig, id, 100_000)).Upload.Size);
    }

    [Fact]
    public async Task A_late_end_gets_the_same_answer_as_its_repetition()
    {
        var (rig, id, late, flushed) = await EndLateAsync();
        var again = EndAsync(rig, id, 50_000);
        await PassAsync(rig, 1);
        Assert.True(TestSession.Expect(await again).Upload.IsReceived);

        flushed.Open();

        Assert.True(TestSession.Expect(await late).Upload.IsReceived);
    }

    [Fact]
    public async Task Fenced_writer_of_a_wrong_file_ends_nothing()
    {
        var (rig, id) = await BeginAsync(sha256: Sha256Digest.Of(Content));
        var failing = rig.Hooks.HoldBefore(nameof(IUploadLedger.EndStreamAsync));
        var wrong = AppendAsync(rig, id, 0, TestBody.Of(new byte[Length]));
        await failing.Reached;
        var recorded = (int)(await rig.Ledger.GetAsync(id, CancellationToken.None))!.ReceivedBytes;
        var (newer, newerBody) = await TakeOverAsync(rig, id, recorded, Length - recorded, waits: 2);
        using var _ = newerBody;

        failing.Open();

        Assert.Equal(UploadError.TakenOver, (await wrong).Failure?.Error);
        Assert.Equal(UploadState.Open, (await rig.Ledger.GetAsync(id, CancellationToken.None))!.State);
        newerBody.Break();
        Assert.Equal((UploadError.Interrupted, recorded + 50_000), Failure(await newer));
    }

    [Fact]
    public async Task Fenced_writer_with_surplus_bytes_ends_nothing()
    {
        var (rig, id) = await BeginAsync();
        var epoch = (await rig.Ledger.GetAsync(id, CancellationToken.None))!.Epoch;
        var (previous, checkpoint, body) = await StallCheckpointAsync(rig, id);
        var (newer, newerBody) = await TakeOverAsync(rig, id, 0, Length, waits: 2);
        using var _ = newerBody;

        Assert.Equal(
            UploadError.TakenOver, (await rig.Catalog.CancelStreamAsync(TestSession.Me, id, epoch, CancellationToken.None)).Failure?.Error);

        await SendAsync(newerBody, Content.AsMemory(50_000));
        newerBody.End();
        Assert.True(TestSession.Expect(await newer).Upload.IsReceived);
        checkpoint.Open();
        Assert.False((await previous).Ok);
        body.Dispose();
        await AssertContentAsync(rig, id);
    }

    [Fact]
    public async Task A_newer_request_continues_though_a_superseded_one_raises_the_epoch_late()
    {
        var (rig, id) = await BeginAsync();
        var (previous, checkpoint, body) = await StallCheckpointAsync(rig, id);
        var firstClaim = rig.Hooks.HoldBefore(nameof(IStreamLedger.RaiseEpochAsync));
        var superseded = AppendAsync(rig, id, 0, TestBody.Of(Content));
        await PassAsync(rig, 2);
        await firstClaim.Reached;
        var secondClaim = rig.Hooks.HoldBefore(nameof(IStreamLedger.RaiseEpochAsync));
        var newer = AppendAsync(rig, id, 0, TestBody.Of(Content));
        await PassAsync(rig, 1);
        await secondClaim.Reached;

        firstClaim.Open();
        Assert.Equal((UploadError.TakenOver, 0), Failure(await superseded));
        secondClaim.Open();

        Assert.True(TestSession.Expect(await newer).Upload.IsReceived);
        checkpoint.Open();
        Assert.False((await previous).Ok);
        body.Dispose();
        await AssertContentAsync(rig, id);
    }

    /// <summary>
    /// A request without bytes that declares the end of an upload of unknown size at 50,000, and whose flush before that hangs.
    /// </summary>
    private async Task<(EngineRig Rig, UploadId Id, Task<Result<StreamReceipt>> Late, Gate Flushed)> EndLateAsync()
    {
        var (rig, id) = await BeginAsync(size: null);
        Assert.Equal(50_000, TestSession.Expect(await AppendAsync(rig, id, 0, TestBody.Of(Content.AsSpan(0, 50_000)))).Offset);
        var flushed = rig.Hooks.HoldAfter(nameof(IContentLedger.UnflushedAsync));
        var late = EndAsync(rig, id, 50_000);
        await flushed.Reached;
        return (rig, id, late, flushed);
    }

    private static Task<Result<StreamReceipt>> EndAsync(EngineRig rig, UploadId id, long offset) =>
        AppendAsync(rig, id, offset, TestBody.Of([], announced: false), completion: CompletionMode.WithThisRequest);
}
