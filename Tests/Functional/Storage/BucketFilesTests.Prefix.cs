using ChunkUpload.Core.Storage;
using ChunkUpload.Emulators.Control;
using ChunkUpload.Infrastructure.Storage.S3;
using ChunkUpload.Tests.Support;
using ChunkUpload.Tests.Support.Engine;

namespace ChunkUpload.Tests.Functional.Storage;

// The kept part of a broken chunk is an object, too.
public sealed partial class BucketFilesTests
{
    [Fact]
    public async Task A_broken_chunk_continues_at_another_node_and_becomes_one_object()
    {
        var pair = await StartTwoAsync(setup: Receiving);
        var store = Reach(pair.A, pair.B);
        var session = await TestSession.CreateAsync(pair.A, 20 * MiB, declare: true);
        Assert.Equal(12 * MiB, (await session.BreakAsync(0, 20 * MiB, 12 * MiB)).Offset);
        var atB = session.In(pair.B);
        Assert.Equal(12 * MiB, await atB.KeptAsync(0));
        Assert.Equal(15 * MiB, (await atB.BreakAsync(0, 20 * MiB, 15 * MiB, kept: 12 * MiB)).Offset);
        await AssertCleanAsync(pair.A, store, objects: 1);
        await session.MustPutAsync(0, 20 * MiB, kept: 15 * MiB);
        await session.SettleAsync();
        TestSession.Expect(await atB.CompleteAsync());
        await session.AssertWholeAsync();
        Assert.Equal(Sha256Digest.Of(session.Content), (await session.UploadAsync()).Sha256);
        await AssertCleanAsync(pair.A, store, objects: 1);
        Assert.Equal(0, pair.A.Get<SharedReception>().Memory.Taken + pair.B.Get<SharedReception>().Memory.Taken);
        // No byte came twice.
        Assert.Equal(15 * MiB, await AskAsync<int>(pair.A, "select sum(kept)::int from failed_attempts where upload_id = @Id", session.Id));
    }

    [Fact]
    public async Task A_hanging_chunk_is_stopped_and_its_bytes_are_kept()
    {
        var (rig, store) = await StartReceivingAsync();
        var session = await TestSession.CreateAsync(rig, Part);
        using var body = new TestBody();
        var hanging = session.SendAsync(session.Request(0, Part), body.Announce(Part), body.Gone);
        await body.SendAsync(session.Part(0, Part / 2));
        Assert.Equal(Part / 2, await session.KeptAsync(0));
        Assert.Equal(UploadError.TakenOver, (await hanging).Failure?.Error);
        body.Break();
        await session.MustPutAsync(0, Part, kept: Part / 2);
        await session.CompleteAsync();
        await session.AssertWholeAsync();
        await AssertCleanAsync(rig, store, objects: 1);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_chunk_whose_kept_part_is_gone_or_changed_is_sent_again(bool gone)
    {
        var (rig, store) = await StartReceivingAsync();
        var session = await TestSession.CreateAsync(rig, Part);
        await session.BreakAsync(0, Part, Part / 2);
        var kept = Assert.Single(await ListAsync(store)).File;
        if (gone)
            await store.DeleteAsync(kept, None);
        else
            await store.PutAsync(kept, new byte[Part / 2], None);
        var refused = (await session.PutAsync(0, Part, kept: Part / 2)).Failure!;
        Assert.Equal((UploadError.PrefixConflict, 0L), (refused.Error, refused.Offset));
        Assert.Equal(0, await session.KeptAsync(0));
        await session.MustPutAsync(0, Part);
        await session.CompleteAsync();
        await session.AssertWholeAsync();
        await AssertCleanAsync(rig, store, objects: 1);
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("PUT")]
    public async Task A_bucket_that_does_not_answer_is_503_and_the_kept_part_stays(string method)
    {
        var (rig, store) = await StartReceivingAsync();
        var session = await TestSession.CreateAsync(rig, Part);
        await session.BreakAsync(0, Part, Part / 2);
        _s3.Fail(FaultAction.Status(500, "InternalError"), method, times: 0);
        var refused = (await session.PutAsync(0, Part, kept: Part / 2)).Failure!;
        Assert.Equal(method == "GET" ? UploadError.Elsewhere : UploadError.StoreDegraded, refused.Error);
        _s3.Host.Faults.Reset();
        Assert.Equal(Part / 2, await session.KeptAsync(0));
        await session.MustPutAsync(0, Part, kept: Part / 2);
        await session.CompleteAsync();
        await session.AssertWholeAsync();
        await AssertCleanAsync(rig, store, objects: 1);
        Assert.Equal(0, rig.Get<SharedReception>().Memory.Taken);
    }

    [Fact]
    public async Task A_rest_whose_digest_is_wrong_leaves_the_kept_part()
    {
        var (rig, store) = await StartReceivingAsync();
        var session = await TestSession.CreateAsync(rig, Part);
        await session.BreakAsync(0, Part, Part / 2);
        var wrong = session.Request(0, Part, kept: Part / 2) with { MessageSha256 = Sha256Digest.Of([1]) };
        var refused = await session.SendAsync(wrong, TestBody.Of(session.Part(Part / 2, Part / 2).Span));
        Assert.Equal((UploadError.DigestMismatch, (long?)(Part / 2)), (refused.Failure!.Error, refused.Failure.Offset));
        await session.MustPutAsync(0, Part, kept: Part / 2);
        await AssertCleanAsync(rig, store, objects: 1);

        // A wrong digest of the whole chunk discards it.
        var other = await TestSession.CreateAsync(rig, Part, seed: 2);
        await other.BreakAsync(0, Part, Part / 2);
        var changed = other.Part(Part / 2, Part / 2).ToArray();
        changed[0]++;
        var answer = await other.SendAsync(other.Request(0, Part, kept: Part / 2), TestBody.Of(changed));
        Assert.Equal(UploadError.DigestMismatch, answer.Failure!.Error);
        Assert.Equal(0, await other.KeptAsync(0));
        TestSession.Expect(await other.CancelAsync());
        await AssertCleanAsync(rig, store, objects: 1);
    }

    [Fact]
    public async Task A_kept_part_goes_on_when_the_setting_has_changed()
    {
        var (rig, store) = await StartReceivingAsync();
        var session = await TestSession.CreateAsync(rig, Part);
        await session.BreakAsync(0, Part, 3_000);
        var onDisk = ReceiveOptions;
        onDisk.Receive = false;
        rig = Keep(await rig.RestartAsync(new EngineSetup { Bucket = onDisk }));
        _ = Reach(rig);
        Assert.Equal(6_000, (await session.In(rig).BreakAsync(0, Part, 6_000, kept: 3_000)).Offset);
        Assert.Single(rig.Store.Enumerate(None));
        await AssertCleanAsync(rig, store, objects: 0);

        rig = Keep(await rig.RestartAsync(Receiving));
        _ = Reach(rig);
        await session.In(rig).MustPutAsync(0, Part, kept: 6_000);
        await session.In(rig).CompleteAsync();
        await session.In(rig).AssertWholeAsync();
        Assert.Empty(rig.Store.Enumerate(None));
        await AssertCleanAsync(rig, store, objects: 1);
    }

    /// <summary>Asserts that the bucket has this number of objects after a deletion, and that nothing is missing.</summary>
    private static async Task AssertCleanAsync(EngineRig rig, BucketStore store, int objects)
    {
        Assert.True(await rig.Remover.RemoveSharedAsync(None));
        Assert.Equal(objects, (await ListAsync(store)).Count);
        var report = await FsckAsync(rig, deep: true);
        Assert.True(report.Clean, string.Join(' ', report.Findings.Select(one => one.Sentence)));
    }
}
