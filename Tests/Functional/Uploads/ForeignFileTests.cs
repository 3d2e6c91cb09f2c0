using System.IO.Pipelines;
using ChunkUpload.Core.Tree;
using ChunkUpload.Core.Intake;
using ChunkUpload.Tests.Support;
using ChunkUpload.Tests.Support.Engine;

namespace ChunkUpload.Tests.Functional.Uploads;

/// <summary>Files that the service itself fetches: they keep what came, go on after a kill, and end as every other upload.</summary>
public sealed class ForeignFileTests(PostgresFixture postgres) : EngineTests(postgres)
{
    private const int Size = 300_000;

    private static readonly byte[] Content = TestSession.Bytes(Size);

    private static readonly WantedUpload Wanted = new(TestSession.Me, UploadProtocol.Transfer, "film.mp4", "video/mp4") { Size = Size };

    [Fact]
    public async Task What_came_before_the_source_broke_off_is_kept_across_a_kill()
    {
        var rig = await StartAsync();
        var id = await BeginAsync(rig, Wanted);
        using var body = new TestBody();
        var writing = Task.Run(() => Writer(rig).AppendAsync(TestSession.Me, id, 0, body.Reader, 200_000, CancellationToken.None));
        await body.SendAsync(Content.AsMemory(0, 120_000));
        body.Break();
        Assert.Equal((UploadError.Interrupted, 120_000L), (await writing is { Failure: { } cut } ? (cut.Error, cut.Offset) : default));

        var next = Keep(await rig.CrashAsync());
        Assert.Equal(120_000, TestSession.Expect(await Writer(next).FindAsync(TestSession.Me, id, CancellationToken.None)).ReceivedBytes);
        var rest = TestBody.Of(Content.AsSpan(120_000));
        TestSession.Expect(await Writer(next).AppendAsync(
            TestSession.Me, id, 120_000, rest.Reader, rest.Length, CancellationToken.None));
        var done = TestSession.Expect(await Writer(next).CompleteAsync(
            TestSession.Me, id, Size, Sha256Digest.Of(Content), CancellationToken.None));

        Assert.Equal((UploadState.Completed, Sha256Digest.Of(Content)), (done.State, done.Sha256!.Value));
        await new TestSession(next, id, Content).AssertWholeAsync();
        await EngineInvariants.AssertCleanAsync(next);
    }

    [Fact]
    public async Task Completing_twice_is_one_completion()
    {
        var rig = await StartAsync();
        var id = await BeginAsync(rig, Wanted);
        await AppendAsync(rig, id, Content);
        for (var i = 0; i < 2; i++)
        {
            var done = await Writer(rig).CompleteAsync(TestSession.Me, id, Size, null, CancellationToken.None);
            Assert.Equal(UploadState.Completed, TestSession.Expect(done).State);
        }
    }

    [Fact]
    public async Task A_key_leads_back_to_the_upload_that_was_begun_with_it()
    {
        var rig = await StartAsync();
        var wanted = Wanted with { IdempotencyKey = "transfer:1:2", IdempotencyHash = Sha256Digest.OfNothing };
        Assert.Equal(await BeginAsync(rig, wanted), await BeginAsync(rig, wanted));
    }

    [Fact]
    public async Task Bytes_that_are_not_the_source_s_are_never_published()
    {
        var rig = await StartAsync();
        var id = await BeginAsync(rig, Wanted);
        await AppendAsync(rig, id, Content);
        var done = await Writer(rig).CompleteAsync(TestSession.Me, id, Size, Sha256Digest.OfNothing, CancellationToken.None);
        Assert.Equal(UploadError.FileDigestMismatch, done.Failure?.Error);
        Assert.Equal(UploadState.Failed, (await rig.Ledger.GetAsync(id, CancellationToken.None))!.State);
    }

    [Fact]
    public async Task A_file_larger_than_uploads_may_be_is_refused_before_its_first_byte()
    {
        var rig = await StartAsync(new EngineSetup { Uploads = new UploadOptions { MaxSize = Size - 1 } });
        var begun = await Writer(rig).BeginAsync(Wanted, CancellationToken.None);
        Assert.Equal(UploadError.TooLarge, begun.Failure?.Error);
    }

    [Fact]
    public async Task It_is_published_at_its_place_in_the_tree()
    {
        var rig = await StartAsync();
        var place = new WantedPlace(["clouds", "film.mp4"], null, null, NameConflict.Fail);
        var (target, _) = await rig.Intake.PlaceAsync(TestSession.Me, place, place.Name, atOnce: false, CancellationToken.None);
        var id = await BeginAsync(rig, Wanted with { Target = target });
        await AppendAsync(rig, id, Content);
        TestSession.Expect(await Writer(rig).CompleteAsync(TestSession.Me, id, Size, null, CancellationToken.None));

        var tree = rig.Get<FileTree>();
        var space = await tree.DefaultSpaceAsync(TestSession.Me, CancellationToken.None);
        var found = await tree.FindAsync(space, ["clouds", "film.mp4"], CancellationToken.None);
        Assert.Equal(id, TestSession.Expect(found).Entry.Upload);
    }

    [Fact]
    public async Task An_aborted_one_leaves_no_byte()
    {
        var rig = await StartAsync();
        var id = await BeginAsync(rig, Wanted);
        await AppendAsync(rig, id, Content[..100_000]);
        TestSession.Expect(await Writer(rig).AbortAsync(TestSession.Me, id, CancellationToken.None));
        Assert.Empty(rig.Store.Enumerate(CancellationToken.None));
    }

    private static ForeignFileWriter Writer(EngineRig rig) => rig.Get<ForeignFileWriter>();

    private static async Task<UploadId> BeginAsync(EngineRig rig, WantedUpload wanted) =>
        TestSession.Expect(await Writer(rig).BeginAsync(wanted, CancellationToken.None)).Id;

    private static async Task AppendAsync(EngineRig rig, UploadId id, byte[] bytes) => TestSession.Expect(await Writer(rig).AppendAsync(
        TestSession.Me, id, 0, PipeReader.Create(new MemoryStream(bytes)), bytes.Length, CancellationToken.None));
}
