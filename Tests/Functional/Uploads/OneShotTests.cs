using System.IO.Pipelines;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Advisor;
using ChunkUpload.Core.Tree;
using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Intake;
using ChunkUpload.Core.Jobs;
using ChunkUpload.Core.Uploads;
using ChunkUpload.Infrastructure.Posix;
using ChunkUpload.Tests.Support;
using ChunkUpload.Tests.Support.Engine;
using ChunkUpload.Tests.Support.Maintenance;
using Dapper;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Tests.Functional.Uploads;

/// <summary>A file in one request: complete and verified, or only a row with the reason.</summary>
public sealed class OneShotTests(PostgresFixture postgres) : EngineTests(postgres)
{
    private const int Size = 300_000;

    private static readonly byte[] Content = TestSession.Bytes(Size);

    private static readonly EngineSetup Setup = new() { Uploads = new UploadOptions { CheckpointBytes = 64 * KiB, MaxSize = 1 << 20 } };

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public async Task A_whole_file_is_there_with_its_digest(bool announced, bool declared)
    {
        var rig = await StartAsync(Setup);
        using var body = new TestBody();
        var receiving = ReceiveAsync(rig, body.Announce(announced ? Size : null), declared ? Sha256Digest.Of(Content) : null);
        foreach (var part in Content.Chunk(50_000))
            await body.SendAsync(part);
        body.End();

        var file = TestSession.Expect(await receiving);
        Assert.Equal((UploadState.Completed, Size, Sha256Digest.Of(Content)), (file.State, file.Size!.Value, file.Sha256!.Value));
        Assert.Equal(Content, await ReadAsync(rig, file));
        Assert.Single(rig.Store.Enumerate(CancellationToken.None));
        await EngineInvariants.AssertCleanAsync(rig);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(null)]
    public async Task An_empty_file_is_a_file(int? length)
    {
        var rig = await StartAsync(Setup);
        var file = TestSession.Expect(await ReceiveAsync(rig, TestBody.Of([], announced: length is not null)));
        Assert.Equal((0L, Sha256Digest.OfNothing), (file.Size!.Value, file.Sha256!.Value));
        Assert.Empty(rig.Store.Enumerate(CancellationToken.None));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(null)]
    public async Task An_empty_file_with_another_digest_is_refused_for_its_digest(int? length)
    {
        var rig = await StartAsync(Setup);
        var result = await ReceiveAsync(rig, TestBody.Of([], announced: length is not null), Sha256Digest.Of(Content));
        await AssertFailedAsync(rig, result, UploadError.FileDigestMismatch);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(65_536)]
    [InlineData(200_000)]
    [InlineData(Size - 1)]
    [InlineData(Size)]
    public async Task A_broken_request_leaves_nothing_but_a_failed_row(int until)
    {
        var rig = await StartAsync(Setup);
        using var body = new TestBody();
        var receiving = ReceiveAsync(rig, body.Announce(Size));
        foreach (var part in Content[..until].Chunk(50_000))
            await body.SendAsync(part);
        body.Break();

        await AssertFailedAsync(rig, await receiving, UploadError.Interrupted);
    }

    [Fact]
    public async Task A_client_that_has_gone_before_the_first_byte_leaves_nothing_either()
    {
        var rig = await StartAsync(Setup);
        using var body = new TestBody();
        var receiving = ReceiveAsync(rig, body.Announce(Size), gone: body.Gone);
        body.Leave();

        await AssertFailedAsync(rig, await receiving, UploadError.Interrupted);
    }

    [Fact]
    public async Task A_body_that_ends_before_its_announced_length_leaves_nothing()
    {
        var rig = await StartAsync(Setup);
        using var body = new TestBody();
        var receiving = ReceiveAsync(rig, body.Announce(Size));
        await body.SendAsync(Content.AsMemory(0, 100_000));
        body.End();

        await AssertFailedAsync(rig, await receiving, UploadError.SizeMismatch);
    }

    [Fact]
    public async Task A_file_announced_larger_than_allowed_is_refused_before_it_has_a_row()
    {
        var rig = await StartAsync(Setup);
        using var unread = new TestBody();
        Assert.Equal(UploadError.TooLarge, (await ReceiveAsync(rig, unread.Announce((1 << 20) + 1))).Failure?.Error);
        await using var connection = await rig.ConnectAsync();
        Assert.Equal(0, await connection.ExecuteScalarAsync<int>("select count(*) from uploads"));
    }

    [Fact]
    public async Task A_file_that_turns_out_larger_than_allowed_leaves_nothing()
    {
        var rig = await StartAsync(Setup);
        using var body = new TestBody();
        var receiving = ReceiveAsync(rig, body.Announce(null));
        for (var i = 0; i < 4; i++)
            await body.SendAsync(Content.AsMemory(0, 1 << 18));
        body.Deliver([1]);

        await AssertFailedAsync(rig, await receiving, UploadError.BeyondSize);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_wrong_digest_publishes_nothing_and_leaves_nothing(bool trailer)
    {
        var rig = await StartAsync(Setup);
        var wrong = Sha256Digest.OfNothing;
        var result = await ReceiveAsync(rig, TestBody.Of(Content, trailer ? wrong : null), trailer ? null : wrong);

        await AssertFailedAsync(rig, result, UploadError.FileDigestMismatch);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_digest_that_was_announced_for_the_trailer_and_does_not_come_publishes_nothing(bool empty)
    {
        var rig = await StartAsync(Setup);
        var result = await ReceiveAsync(rig, TestBody.Of(empty ? [] : Content, announcesTrailer: true), null);

        await AssertFailedAsync(rig, result, UploadError.DigestMissing);
    }

    [Theory]
    [InlineData(nameof(ISyscalls.Pwrite), Errno.NoSpace, UploadError.NoSpace, 0)]
    [InlineData(nameof(ISyscalls.Pwrite), Errno.NoSpace, UploadError.NoSpace, 100_000)]
    [InlineData(nameof(ISyscalls.Pwrite), Errno.InputOutput, UploadError.StorageFailed, 100_000)]
    [InlineData(nameof(ISyscalls.Fdatasync), Errno.InputOutput, UploadError.StoreDegraded, 0)]
    [InlineData(nameof(ISyscalls.Fdatasync), Errno.InputOutput, UploadError.StoreDegraded, 100_000)]
    [InlineData(nameof(ISyscalls.Fsync), Errno.InputOutput, UploadError.StoreDegraded, 0)]
    public async Task A_disk_that_fails_leaves_nothing(string call, int errno, UploadError error, int from)
    {
        var rig = await StartAsync(Setup);
        using var body = new TestBody();
        var receiving = ReceiveAsync(rig, body.Announce(Size));
        if (from > 0)
            await body.SendAsync(Content.AsMemory(0, from));
        rig.Calls.Fail(call, errno);
        body.Deliver(Content.AsSpan(from));
        body.End();

        await AssertFailedAsync(rig, await receiving, error);
    }

    [Theory]
    [InlineData(10_000)]
    [InlineData(100_000)]
    public async Task An_upload_cancelled_meanwhile_is_read_no_further_and_leaves_nothing(int from)
    {
        var rig = await StartAsync(Setup);
        using var body = new TestBody();
        var receiving = ReceiveAsync(rig, body.Announce(null));
        await body.SendAsync(Content.AsMemory(0, from));
        await using (var connection = await rig.ConnectAsync())
            await connection.ExecuteAsync("update uploads set state = 'cancelled'");
        // Of an endless body, only the bytes of one more checkpoint are accepted.
        body.Deliver(Content.AsSpan(from, 100_000));

        Assert.Equal(UploadError.Cancelled, (await receiving).Failure?.Error);
        Assert.Empty(rig.Store.Enumerate(CancellationToken.None));
    }

    [Fact]
    public async Task A_service_that_stops_leaves_nothing()
    {
        var rig = await StartAsync(Setup);
        using var body = new TestBody();
        var receiving = ReceiveAsync(rig, body.Announce(Size));
        await body.SendAsync(Content.AsMemory(0, 100_000));
        rig.Get<StoppingSignal>().Signal();

        await AssertFailedAsync(rig, await receiving, UploadError.Stopping);
    }

    [Fact]
    public async Task A_last_checkpoint_whose_answer_was_lost_unlinks_nothing()
    {
        var rig = await StartAsync(Setup);
        rig.Hooks.LoseAnswer(
            nameof(IStreamLedger.CheckpointAsync), () => new LedgerUnavailableException("The answer was lost."), when: call =>
            call.Argument<StreamCheckpoint>()!.Final);
        await Assert.ThrowsAsync<LedgerUnavailableException>(() => ReceiveAsync(rig, TestBody.Of(Content)));

        Assert.Equal(Content, await ReadAsync(rig, await OnlyAsync(rig)));
        await EngineInvariants.AssertCleanAsync(rig);
    }

    [Theory]
    [InlineData(10_000)]
    [InlineData(200_000)]
    public async Task Leftovers_of_a_crash_go_with_the_purge_and_the_sweep(int until)
    {
        var first = await StartAsync(Setup);
        using var body = new TestBody();
        var receiving = ReceiveAsync(first, body.Announce(Size));
        foreach (var part in Content[..until].Chunk(50_000))
            await body.SendAsync(part);
        await first.KillAsync();
        body.Break();
        // A running flush meets the end of its threads instead of the hook's exception.
        await Assert.ThrowsAnyAsync<Exception>(() => receiving);
        var rig = Keep(await first.CrashAsync());
        await EngineInvariants.AssertTrueAsync(rig);
        await EngineInvariants.AssertNothingLeakedAsync(rig);

        await rig.AgeAsync(TimeSpan.FromHours(25));
        await new PurgeStaleSessions(
            rig.Ledger, rig.Remover, rig.Get<TrashPurger>(), rig.Get<NetworkBook>(), Options.Create(rig.Get<UploadOptions>()))
            .RunAsync(new SilentProgress(), CancellationToken.None);
        await EngineInvariants.SweepAsync(rig);
        Assert.Empty(rig.Store.Enumerate(CancellationToken.None));
    }

    private static Task<Result<Upload>> ReceiveAsync(
        EngineRig rig, UploadBody body, Sha256Digest? digest = null, CancellationToken gone = default) =>
        Task.Run(
            () => rig.Files.ReceiveAsync(
                new WantedUpload(TestSession.Me, UploadProtocol.Put, "a.bin", "application/octet-stream") { Sha256 = digest }, body, gone),
            CancellationToken.None);

    private static async Task AssertFailedAsync(EngineRig rig, Result<Upload> result, UploadError error)
    {
        Assert.Equal(error, result.Failure?.Error);
        Assert.Empty(rig.Store.Enumerate(CancellationToken.None));
        // A small file is recorded only when it is whole, so an earlier failure leaves no row.
        Assert.All(
            (await rig.Catalog.ListAsync(new UploadQuery(TestSession.Me), CancellationToken.None)).Items,
            upload => Assert.Equal(UploadState.Failed, upload.State));
        await EngineInvariants.AssertCleanAsync(rig);
    }

    private static async Task<Upload> OnlyAsync(EngineRig rig) =>
        Assert.Single((await rig.Catalog.ListAsync(new UploadQuery(TestSession.Me), CancellationToken.None)).Items);

    private static async Task<byte[]> ReadAsync(EngineRig rig, Upload file)
    {
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
        Assert.Null(await rig.Contents.CopyAsync(
            Caller.Operator, file, new ByteRange(0, file.Size!.Value), pipe.Writer, null, CancellationToken.None));
        await pipe.Writer.CompleteAsync();
        using var bytes = new MemoryStream();
        await pipe.Reader.CopyToAsync(bytes);
        return bytes.ToArray();
    }
}
