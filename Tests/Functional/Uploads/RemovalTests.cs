using ChunkUpload.Core.Access;
using ChunkUpload.Tests.Support;
using ChunkUpload.Tests.Support.Engine;

namespace ChunkUpload.Tests.Functional.Uploads;

/// <summary>Which uploads a DELETE of tus or of the IETF draft ends, and for which callers.</summary>
public sealed class RemovalTests(PostgresFixture postgres) : EngineTests(postgres)
{
    private static readonly Caller Uploader = TestSession.Me with { Scopes = Scopes.Upload };

    [Fact]
    public async Task A_caller_who_may_only_upload_cancels_but_deletes_no_finished_file()
    {
        var rig = await StartAsync();
        var unfinished = await TestSession.CreateAsync(rig, 10);
        var finished = await TestSession.CreateAsync(rig, 10);
        await finished.MustPutAsync(0, 10);
        TestSession.Expect(await finished.CompleteAsync());

        var cancelled = await rig.Catalog.RemoveAsync(Uploader, unfinished.Id, CancellationToken.None);
        var refused = await rig.Catalog.RemoveAsync(Uploader, finished.Id, CancellationToken.None);

        Assert.Equal(UploadState.Cancelled, TestSession.Expect(cancelled).State);
        Assert.Equal(UploadError.AlreadyCompleted, refused.Failure?.Error);
        Assert.Equal(UploadState.Completed, (await finished.UploadAsync()).State);
        Assert.Equal(
            UploadState.Deleted,
            TestSession.Expect(await rig.Catalog.RemoveAsync(TestSession.Me, finished.Id, CancellationToken.None)).State);
    }
}
