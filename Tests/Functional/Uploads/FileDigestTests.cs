using ChunkUpload.Tests.Support;
using ChunkUpload.Tests.Support.Engine;

namespace ChunkUpload.Tests.Functional.Uploads;

/// <summary>Uploads:FileDigest: whether a file without a declared digest is read again to compute it (E25).</summary>
public sealed class FileDigestTests(PostgresFixture postgres) : EngineTests(postgres)
{
    private const int Size = 100_000;

    [Fact]
    public async Task By_default_a_file_gets_its_digest_after_completion()
    {
        var session = await CompletedAsync(FileDigest.Always);
        Assert.Equal(Sha256Digest.Of(session.Content), (await session.UploadAsync()).Sha256);
    }

    [Fact]
    public async Task A_file_without_a_requested_digest_is_merged_and_not_hashed()
    {
        var session = await CompletedAsync(FileDigest.Asked);

        var upload = await session.UploadAsync();
        Assert.Equal((null, 0, Size), (upload.Sha256, upload.HashedBytes, upload.PlacedBytes));
        Assert.Equal(0, await session.Rig.Get<BackgroundWork>().SchedulePendingAsync(CancellationToken.None));
        await session.AssertWholeAsync();
    }

    [Fact]
    public async Task A_later_complete_call_that_names_a_digest_asks_for_it()
    {
        var session = await CompletedAsync(FileDigest.Asked);

        Assert.Equal(UploadError.FileDigestMismatch, (await session.CompleteAsync(sha256: Sha256Digest.OfNothing)).Failure?.Error);
        Assert.Equal(Sha256Digest.Of(session.Content), (await session.UploadAsync()).Sha256);
        Assert.Equal(Sha256Digest.Of(session.Content),
            TestSession.Expect(await session.CompleteAsync(sha256: Sha256Digest.Of(session.Content))).Sha256);
    }

    [Fact]
    public async Task Declared_digest_is_compared_all_the_same()
    {
        var rig = await StartAsync(Setup(FileDigest.Asked));
        var session = await TestSession.CreateAsync(rig, Size);
        await session.MustPutAsync(0, Size);

        Assert.Equal(UploadError.FileDigestMismatch, (await session.CompleteAsync(sha256: Sha256Digest.OfNothing)).Failure?.Error);
        Assert.Equal(Sha256Digest.Of(session.Content),
            TestSession.Expect(await session.CompleteAsync(sha256: Sha256Digest.Of(session.Content))).Sha256);
    }

    private static EngineSetup Setup(FileDigest digest) => new() { Background = true, Uploads = new UploadOptions { FileDigest = digest } };

    private async Task<TestSession> CompletedAsync(FileDigest digest)
    {
        var rig = await StartAsync(Setup(digest));
        var session = await TestSession.CreateAsync(rig, Size);
        await session.MustPutAsync(50_000, 50_000);
        await session.MustPutAsync(0, 50_000);
        TestSession.Expect(await session.CompleteAsync());
        await rig.WhenIdleAsync();
        return session;
    }
}
