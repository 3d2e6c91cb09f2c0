using ChunkUpload.Core.Access;
using ChunkUpload.Infrastructure.Posix;
using ChunkUpload.Tests.Support;
using ChunkUpload.Tests.Support.Engine;

namespace ChunkUpload.Tests.Functional.Uploads;

/// <summary>The failure of an append that goes wrong at its end.</summary>
public sealed class StreamTroubleTests(PostgresFixture postgres) : EngineTests(postgres)
{
    private const int Length = 200_000, Recorded = 70_000, Came = 90_000;

    private static readonly byte[] Content = TestSession.Bytes(Length);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_flush_that_fails_at_the_end_of_a_body_falls_back_to_the_last_record_and_not_before_it(bool whole)
    {
        var rig = await StartAsync(new EngineSetup { Uploads = new UploadOptions { CheckpointBytes = 64 << 10 } });
        var id = await CreateAsync(rig);
        using var body = new TestBody();
        var append = AppendAsync(rig, id, 0, body.Announce(whole ? Came : Length));
        await body.SendAsync(Content.AsMemory(0, Recorded));
        await body.SendAsync(Content.AsMemory(Recorded, Came - Recorded));
        rig.Calls.Fail(nameof(ISyscalls.Fdatasync), Errno.InputOutput);
        if (whole)
            body.End();
        else
            body.Break();

        Assert.Equal(
            (UploadError.StoreDegraded, Recorded), await append is { Failure: { } failure } ? (failure.Error, failure.Offset) : default);

        rig.Calls.Answer = null;
        Assert.True(await rig.Store.ProbeAsync(CancellationToken.None));
        Assert.True(TestSession.Expect(await AppendAsync(rig, id, Recorded, TestBody.Of(Content.AsSpan(Recorded)))).Upload.IsReceived);
        await new TestSession(rig, id, Content).AssertWholeAsync();
    }

    [Fact]
    public async Task A_last_request_without_bytes_and_with_a_wrong_digest_ends_the_upload()
    {
        var rig = await StartAsync();
        var id = await CreateAsync(rig);
        TestSession.Expect(await AppendAsync(rig, id, 0, TestBody.Of(Content), CompletionMode.Later));

        var appended = await AppendAsync(rig, id, Length, TestBody.Of([]), CompletionMode.WithThisRequest, Sha256Digest.OfNothing);
        var failure = appended.Failure!;

        Assert.Equal((UploadError.FileDigestMismatch, UploadState.Failed), (failure.Error, failure.Upload?.State));
    }

    [Fact]
    public async Task Another_digest_than_the_one_that_was_declared_ends_nothing()
    {
        var rig = await StartAsync();
        var id = await CreateAsync(rig, Sha256Digest.Of(Content));

        var appended = await AppendAsync(rig, id, 0, TestBody.Of(Content), CompletionMode.WithThisRequest, Sha256Digest.OfNothing);
        var failure = appended.Failure!;

        Assert.Equal((UploadError.FileDigestMismatch, UploadState.Open), (failure.Error, failure.Upload?.State));
        Assert.True(TestSession.Expect(await AppendAsync(rig, id, 0, TestBody.Of(Content))).Upload.IsReceived);
    }

    private static async Task<UploadId> CreateAsync(EngineRig rig, Sha256Digest? declared = null)
    {
        var wanted = TestStream.Describe(Length, UploadProtocol.Ietf) with { Sha256 = declared };
        return TestSession.Expect(await rig.Intake.CreateAsync(wanted, CancellationToken.None)).Upload.Id;
    }

    private static Task<Result<StreamReceipt>> AppendAsync(
        EngineRig rig, UploadId id, long offset, UploadBody body, CompletionMode completion = CompletionMode.WhenFull,
        Sha256Digest? sha256 = null)
    {
        var append = new StreamAppend(Caller.Operator, id, UploadProtocol.Ietf, offset, completion) { Sha256 = sha256 };
        return Task.Run(() => rig.Get<StreamAppender>().AppendAsync(append, body, CancellationToken.None));
    }
}
