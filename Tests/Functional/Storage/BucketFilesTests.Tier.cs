using ChunkUpload.Core.Moving;
using ChunkUpload.Core.Storage;
using ChunkUpload.Emulators.Control;
using ChunkUpload.Tests.Support;
using ChunkUpload.Tests.Support.Engine;
using Microsoft.Extensions.Logging.Abstractions;

namespace ChunkUpload.Tests.Functional.Storage;

// Finished files are moved from the disk to the bucket (Storage:S3:MoveAfter).
public sealed partial class BucketFilesTests
{
    [Fact]
    public async Task Files_are_moved_once_they_have_been_finished_for_long_enough()
    {
        var rig = await StartAsync();
        await OpenAsync(rig);
        var session = await CompletedAsync(rig);
        var open = await TestSession.CreateAsync(rig, 2 * Part, seed: 7);
        await open.MustPutAsync(0, Part);
        await TierAsync(rig, TimeSpan.FromHours(1));
        Assert.DoesNotContain(Bucket, await StoresAsync(rig, session.Id));

        await TierAsync(rig, TimeSpan.Zero);
        Assert.All(await StoresAsync(rig, session.Id), store => Assert.Equal(Bucket, store));
        Assert.DoesNotContain(Bucket, await StoresAsync(rig, open.Id));
        Assert.Equal(Assert.Single(await open.ExtentsAsync()).File, Assert.Single(rig.Store.Enumerate(None)));
        await session.AssertWholeAsync();

        // What is there is not sent again.
        _s3.Fail(FaultAction.Status(500, "InternalError"), "PUT", times: 0);
        await TierAsync(rig, TimeSpan.Zero);
        await session.AssertWholeAsync();
    }

    [Fact]
    public async Task Files_stay_where_they_are_while_the_bucket_stores_nothing()
    {
        var rig = await StartAsync();
        await OpenAsync(rig);
        var session = await CompletedAsync(rig);
        _s3.Fail(FaultAction.Status(503, "SlowDown"), "PUT", times: 0);
        await TierAsync(rig, TimeSpan.Zero);
        Assert.DoesNotContain(Bucket, await StoresAsync(rig, session.Id));
        await session.AssertWholeAsync();

        _s3.Host.Faults.Reset();
        await TierAsync(rig, TimeSpan.Zero);
        Assert.All(await StoresAsync(rig, session.Id), store => Assert.Equal(Bucket, store));
        await session.AssertWholeAsync();
    }

    [Fact]
    public async Task A_file_that_is_deleted_while_it_is_copied_leaves_nothing_in_the_bucket()
    {
        var rig = await StartAsync();
        var store = await OpenAsync(rig);
        var session = await CompletedAsync(rig);
        var gate = rig.Hooks.HoldBefore(nameof(IMovingLedger.MoveContentAsync));
        var moving = Task.Run(() => TierAsync(rig, TimeSpan.Zero));
        await gate.Reached;
        TestSession.Expect(await rig.Catalog.RemoveAsync(TestSession.Me, session.Id, None));
        gate.Open();
        await moving;
        await foreach (var left in store.ListAsync(None))
            Assert.Fail($"{left} is left.");
    }

    [Fact]
    public async Task Each_node_moves_what_lies_in_its_own_store()
    {
        var pair = await StartTwoAsync();
        await OpenAsync(pair.A, pair.B);
        var (ofA, ofB) = (await CompletedAsync(pair.A), await CompletedAsync(pair.B));
        await TierAsync(pair.A, TimeSpan.Zero);
        Assert.All(await StoresAsync(pair.A, ofA.Id), store => Assert.Equal(Bucket, store));
        Assert.DoesNotContain(Bucket, await StoresAsync(pair.A, ofB.Id));
        await TierAsync(pair.B, TimeSpan.Zero);
        Assert.All(await StoresAsync(pair.A, ofB.Id), store => Assert.Equal(Bucket, store));
        await AssertWholeAtBothAsync(pair, ofA);
        await AssertWholeAtBothAsync(pair, ofB);
    }

    private static Task TierAsync(EngineRig rig, TimeSpan after)
    {
        var files = new TierFiles(
            rig.Get<IMovingLedger>(), rig.Get<ContentMover>(), rig.Remover, rig.Get<Incarnation>(), rig.Get<Stores>(), new Tier(after),
            TimeProvider.System, NullLogger<TierFiles>.Instance);
        return files.RunAsync(None);
    }
}
