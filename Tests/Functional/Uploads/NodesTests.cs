using ChunkUpload.Core.Access;
using ChunkUpload.Core.Storage;
using ChunkUpload.Core.Uploads;
using ChunkUpload.Infrastructure.Uploads;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Uploads;

/// <summary>
/// Two nodes on one ledger. A service refuses to begin beside another one so far, so these tests begin incarnations without that condition.
/// </summary>
public sealed class NodesTests(LedgerFixture fixture) : IClassFixture<LedgerFixture>, IAsyncLifetime
{
    private static readonly CancellationToken None = CancellationToken.None;

    private static readonly Caller Me = Caller.Operator;

    private readonly Guid _a = Guid.NewGuid(), _b = Guid.NewGuid();

    public Task InitializeAsync() => fixture.EmptyAsync();

    public Task DisposeAsync() => fixture.CloseAsync();

    [Fact]
    public async Task A_node_fences_its_own_earlier_incarnations_only()
    {
        var (first, _) = await BeginAsync(_a);
        var (other, _) = await BeginAsync(_b);
        Assert.True(await first.BeatAsync(TimeSpan.Zero, None));

        var (second, _) = await BeginAsync(_a);
        Assert.False(await first.BeatAsync(TimeSpan.Zero, None));
        Assert.True(await other.BeatAsync(TimeSpan.Zero, None));
        Assert.True(await second.BeatAsync(TimeSpan.Zero, None));
        Assert.Equal(2, await fixture.AskAsync<int>("select count(*) from heartbeats"));
    }

    [Fact]
    public async Task A_copy_of_a_node_does_not_begin_while_it_runs()
    {
        var (_, first) = await BeginAsync(_a);

        Assert.False(await TryBeginAsync(Node(_a) with { Ended = first.Id - 1 }));
    }

    [Fact]
    public async Task A_service_that_is_alone_waits_for_other_nodes_and_fences_those_that_are_silent()
    {
        var (other, _) = await BeginAsync(_b);
        Assert.False(await TryBeginAsync(TestNode.Begun(_a)));
        Assert.True(await other.BeatAsync(TimeSpan.Zero, None));

        await fixture.AskAsync<int>("update heartbeats set beat_at = beat_at - interval '1 minute' returning 0");
        Assert.True(await TryBeginAsync(TestNode.Begun(_a)));
        Assert.False(await other.BeatAsync(TimeSpan.Zero, None));
    }

    [Fact]
    public async Task The_first_record_decides_which_node_writes()
    {
        var (a, ofA) = await BeginAsync(_a);
        var (b, ofB) = await BeginAsync(_b);
        var id = await NewAsync(a);
        Assert.Null((await a.GetAsync(id, None))!.Writer);

        Assert.Equal(RecordOutcome.Recorded, await RecordAsync(a, Checkpoint(id, _a, ofA, 0, 0, 100)));
        Assert.Equal(ofA.Id, (await a.GetAsync(id, None))!.Writer);
        // The same bytes, at the same epoch, from the other node: neither a repetition nor a record.
        Assert.Equal(RecordOutcome.Conflict, await RecordAsync(b, Checkpoint(id, _b, ofB, 0, 0, 100)));
        Assert.Equal(RecordOutcome.Conflict, await RecordAsync(b, Checkpoint(id, _b, ofB, 100, 100, 200)));
        Assert.Equal(1, await fixture.AskAsync<int>("select count(*) from extents"));
    }

    [Fact]
    public async Task Only_the_writer_that_holds_the_epoch_records_declares_and_fails()
    {
        var (a, ofA) = await BeginAsync(_a);
        var (b, ofB) = await BeginAsync(_b);
        var id = await NewAsync(a, size: null);
        var late = Checkpoint(id, _a, ofA, 0, 100, 200);
        var first = late with { FromOffset = 0, ToOffset = 100, Hash = new SavedHash(100, [1]) };
        Assert.Equal(RecordOutcome.Recorded, await RecordAsync(a, first));

        var raised = await b.RaiseEpochAsync(Me, id, 0, None);
        Assert.Equal((1L, ofB.Id), (raised!.Epoch, raised.Writer));
        Assert.Equal(RecordOutcome.Conflict, await RecordAsync(a, late));
        // Knowing the epoch is not holding it.
        Assert.Equal(RecordOutcome.Conflict, await RecordAsync(a, late with { Epoch = 1 }));
        Assert.Equal(UploadError.TakenOver, (await a.DeclareAsync(Me, id, 1, 200, null, None)).Failure!.Error);
        Assert.Equal(UploadError.TakenOver, (await a.EndStreamAsync(Me, id, 1, UploadState.Failed, "x", None)).Failure!.Error);
        Assert.True((await b.DeclareAsync(Me, id, 1, 200, null, None)).Ok);
        Assert.Equal(RecordOutcome.Recorded, await RecordAsync(b, Checkpoint(id, _b, ofB, 100, 100, 150, epoch: 1)));

        Assert.Equal(ofA.Id, (await a.RaiseEpochAsync(Me, id, 1, None))!.Writer);
        Assert.Equal(RecordOutcome.Conflict, await RecordAsync(b, Checkpoint(id, _b, ofB, 150, 150, 200, epoch: 2)));
        Assert.Equal(RecordOutcome.Recorded, await RecordAsync(a, Checkpoint(id, _a, ofA, 150, 150, 200, epoch: 2)));
    }

    [Fact]
    public async Task What_a_fenced_writer_left_can_be_ended()
    {
        var (a, ofA) = await BeginAsync(_a);
        var id = await NewAsync(a);
        Assert.Equal(RecordOutcome.Recorded, await RecordAsync(a, Checkpoint(id, _a, ofA, 0, 0, 100)));

        var (next, _) = await BeginAsync(_a);
        Assert.True((await next.EndStreamAsync(Me, id, 0, UploadState.Cancelled, "x", None)).Ok);
    }

    [Fact]
    public async Task A_repeated_checkpoint_needs_its_extent_to_end_at_its_offset()
    {
        var (a, ofA) = await BeginAsync(_a);
        var id = await NewAsync(a);
        var first = Checkpoint(id, _a, ofA, 0, 0, 100);
        Assert.Equal(RecordOutcome.Recorded, await RecordAsync(a, first));
        Assert.Equal(RecordOutcome.Recorded, await RecordAsync(a, first));
        Assert.Equal(RecordOutcome.Recorded, await RecordAsync(a, Checkpoint(id, _a, ofA, 100, 100, 200)));

        // Offset, digest and segment are right, and the bytes lie in another segment: recorded, both would have them.
        var same = first with { FromOffset = 100, ToOffset = 200, Hash = new SavedHash(200, [1]), Digest = DigestAt(200) };
        Assert.Equal(RecordOutcome.Conflict, await RecordAsync(a, same));
        Assert.Equal([(0L, 100L), (100L, 100L)], (await a.ExtentsAsync(id, 0, 10, None)).Select(x => (x.Range.Offset, x.Range.Length)));
    }

    [Fact]
    public async Task Each_node_merges_into_an_assembly_of_its_own()
    {
        var (a, ofA) = await BeginAsync(_a);
        var (b, ofB) = await BeginAsync(_b);
        var created = await a.CreateAsync(New(UploadProtocol.Session, 300), None);
        var id = created.Value!.Upload.Id;
        foreach (var (ledger, store, incarnation, offset) in new[] { (a, _a, ofA, 0), (b, _b, ofB, 100), (a, _a, ofA, 200) })
        {
            var chunk = new NewChunk(
                id, new ByteRange(offset, 100), DigestAt(offset), StoredFile.New(store, StoredFileKind.Chunk, incarnation.Id),
                DateTimeOffset.UnixEpoch);
            Assert.Equal(RecordOutcome.Recorded, (await ledger.RecordChunkAsync(chunk, None)).Outcome);
        }

        foreach (var (ledger, store, incarnation, offsets) in new[] { (a, _a, ofA, new[] { 0L, 200L }), (b, _b, ofB, new[] { 100L }) })
        {
            var batch = await ledger.UnplacedAsync(id, 1000, 10, None);
            Assert.Null(batch.Assembly);
            Assert.Equal(offsets, batch.Chunks.Select(chunk => chunk.Range.Offset));
            var assembly = StoredFile.New(store, StoredFileKind.Assembly, incarnation.Id);
            Assert.True(await ledger.SetAssemblyAsync(id, assembly, None));
            Assert.Equal(assembly, (await ledger.UnplacedAsync(id, 1000, 10, None)).Assembly);
            var freed = await ledger.PlaceAsync(id, assembly, batch.Chunks, None);
            Assert.Equal(offsets.Length, freed.Count);
            Assert.All(freed, file => Assert.Equal(store, file.Store));
        }

        Assert.Equal([_a, _b, _a], (await a.ExtentsAsync(id, 0, 10, None)).Select(extent => extent.File.Store));
        Assert.Equal(300, (await a.GetAsync(id, None))!.PlacedBytes);
        // Nothing is left for the other assembly, and it stays.
        Assert.Equal(2, await fixture.AskAsync<int>("select count(*) from assemblies"));
    }

    [Fact]
    public async Task Two_nodes_add_to_the_clock_what_has_passed_once()
    {
        var (a, _) = await BeginAsync(_a);
        var (b, _) = await BeginAsync(_b);
        var began = await NowAsync();
        await PassAsync(10);
        Assert.True(await a.BeatAsync(TimeSpan.FromSeconds(10), None));
        Assert.True(await b.BeatAsync(TimeSpan.FromSeconds(10), None));
        await AssertAddedAsync(10, began);

        // A node that has counted nothing takes no time from the others, and none is added that no node has counted.
        await PassAsync(100);
        Assert.True(await b.BeatAsync(TimeSpan.Zero, None));
        Assert.True(await a.BeatAsync(TimeSpan.FromSeconds(10), None));
        await AssertAddedAsync(20, began);

        // After the database's clock is set back, one beat adds nothing, and the next one adds again.
        await PassAsync(-3600);
        Assert.True(await a.BeatAsync(TimeSpan.FromSeconds(10), None));
        await AssertAddedAsync(20, began);
        await PassAsync(10);
        Assert.True(await a.BeatAsync(TimeSpan.FromSeconds(10), None));
        await AssertAddedAsync(30, began);
    }

    /// <summary>Makes the last addition look as if it were this long ago by the database's clock.</summary>
    private Task<int> PassAsync(int seconds) =>
        fixture.AskAsync<int>(
            "update service_clock set added_at = added_at - make_interval(secs => @seconds) returning 0", new { seconds });

    /// <summary>Asserts that these seconds were added, and at most those that have passed in the database during the test.</summary>
    private async Task AssertAddedAsync(double seconds, double began)
    {
        var added = await fixture.AskAsync<double>("select seconds from service_clock");
        Assert.InRange(added, seconds, seconds + await NowAsync() - began);
    }

    private Task<double> NowAsync() => fixture.AskAsync<double>("select extract(epoch from clock_timestamp())::double precision");

    private static NewIncarnation Node(Guid node) => TestNode.Begun(node) with { Alone = false };

    private async Task<(PostgresUploadLedger Ledger, Incarnation Incarnation)> BeginAsync(Guid node)
    {
        var incarnation = new Incarnation();
        var ledger = fixture.Open(incarnation);
        Assert.True(await ledger.BeginIncarnationAsync(Node(node), None));
        return (ledger, incarnation);
    }

    private Task<bool> TryBeginAsync(NewIncarnation begun) => fixture.Open(new Incarnation()).BeginIncarnationAsync(begun, None);

    private static NewUpload New(UploadProtocol protocol, long? size) =>
        new(UploadId.New(), Me, protocol, "f", "t", new Dictionary<string, string>(), size, null, TimeSpan.FromHours(1), null, null);

    private static async Task<UploadId> NewAsync(PostgresUploadLedger ledger, long? size = 300) =>
        (await ledger.CreateAsync(New(UploadProtocol.Tus, size), None)).Value!.Upload.Id;

    private static Sha256Digest DigestAt(long offset) => Sha256Digest.Of(BitConverter.GetBytes(offset));

    private static StreamCheckpoint Checkpoint(
        UploadId id, Guid store, Incarnation incarnation, long segment, long from, long to, long epoch = 0) =>
        new(id, epoch, from, to, StoredFile.New(store, StoredFileKind.Segment, incarnation.Id), segment, new SavedHash(to, [1]),
            DigestAt(to), false);

    private static async Task<RecordOutcome> RecordAsync(PostgresUploadLedger ledger, StreamCheckpoint checkpoint) =>
        (await ledger.CheckpointAsync(checkpoint, None)).Outcome;
}
