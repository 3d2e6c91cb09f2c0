using ChunkUpload.Core.Storage;
using ChunkUpload.Infrastructure.Posix;
using ChunkUpload.Tests.Support;
using ChunkUpload.Tests.Support.Engine;
using ChunkUpload.Tests.Support.Storage;

namespace ChunkUpload.Tests.Functional.Uploads;

/// <summary>
/// E3, E5, E13, E22, E23: power loss before each system call; of unflushed changes nothing survives, or only the names. In the next
/// incarnation the ledger agrees with the disk, nothing acknowledged is missing, and the upload can be completed.
/// </summary>
public sealed class PowerCutTests(PostgresFixture postgres) : EngineTests(postgres)
{
    private const int Part = CrashTests.Part;
    private const int Parts = CrashTests.Parts;

    private static readonly string[] Reading =
        [nameof(ISyscalls.Pread), nameof(ISyscalls.Stat), nameof(ISyscalls.StatVfs), nameof(ISyscalls.Fadvise)];

    [Theory]
    [InlineData(Surviving.Nothing)]
    [InlineData(Surviving.Names)]
    public Task At_every_call_of_a_merge_with_the_first_chunk_last(Surviving surviving) =>
        CutEverywhereAsync(surviving, async (session, acknowledged) =>
    {
        foreach (var part in new[] { 2, 1, 0 })
        {
            await session.MustPutAsync(part * Part, Part);
            acknowledged.Add(new ByteRange(part * Part, Part));
            if (part != 1)
                await session.MergeAsync();
        }
    });

    [Fact]
    public Task At_every_call_of_a_chunk_that_breaks_and_continues() =>
        CutEverywhereAsync(Surviving.Nothing, async (session, acknowledged) =>
    {
        await session.MustPutAsync(Part, Part);
        acknowledged.Add(new ByteRange(Part, Part));
        await session.BreakAsync(0, Part, 500);
        await session.MustPutAsync(0, Part, kept: 500);
        acknowledged.Add(new ByteRange(0, Part));
    });

    [Theory]
    [InlineData(Surviving.Nothing)]
    [InlineData(Surviving.Names)]
    public async Task At_every_call_of_a_streams_first_segment(Surviving surviving)
    {
        var rig = await StartAsync();
        for (var step = 1 + CrashSteps.First; ; step += CrashSteps.Apart)
        {
            var stream = await StreamAsync(rig);
            var disk = Watch(rig);
            var cut = CutAt(rig, step);
            long acknowledged = 0;
            try
            {
                acknowledged = (await stream.BreakAsync(0, 4000)).Offset ?? 0;
                acknowledged = (await stream.BreakAsync(4000, 9000)).Offset ?? 0;
                TestSession.Expect(await stream.AppendAsync(9000));
                acknowledged = stream.Content.Length;
            }
            catch (ProcessDiedException)
            {
            }

            rig = await NextIncarnationAsync(rig, disk, surviving);
            await RecoverAsync(stream with { Rig = rig }, acknowledged);
            if (!cut.Happened)
            {
                Assert.True(step > 8, "The scenario has ended too soon.");
                return;
            }
        }
    }

    [Fact]
    public async Task After_a_failed_checkpoint_a_kill_and_the_rest_in_the_next_incarnation()
    {
        var (rig, stream, disk) = await FailedCheckpointAsync();

        // The pages of the failed flush look clean to the next process.
        rig = Keep(await rig.CrashAsync());
        rig.Calls.Disk = disk;
        stream = stream with { Rig = rig };
        TestSession.Expect(await stream.AppendAsync(4000));
        rig = await NextIncarnationAsync(rig, disk, Surviving.Nothing);

        await RecoverAsync(stream with { Rig = rig }, stream.Content.Length);
    }

    [Fact]
    public async Task After_a_failed_checkpoint_and_the_rest_in_the_same_incarnation()
    {
        var (rig, stream, disk) = await FailedCheckpointAsync();
        Assert.True(await rig.Store.ProbeAsync(CancellationToken.None));
        TestSession.Expect(await stream.AppendAsync(4000));
        rig = await NextIncarnationAsync(rig, disk, Surviving.Nothing);

        await RecoverAsync(stream with { Rig = rig }, stream.Content.Length);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task After_a_failed_flush_of_the_assembly_and_the_merge_once_more(bool killed)
    {
        var rig = await StartAsync();
        var session = await TestSession.CreateAsync(rig, Parts * Part);
        var disk = Watch(rig);
        await session.MustPutAsync(2 * Part, Part);
        await session.MergeAsync();
        await session.MustPutAsync(0, Part);
        await session.MustPutAsync(Part, Part);
        FailNextFlush(rig);
        await Assert.ThrowsAsync<StoreException>(session.MergeAsync);

        if (killed)
            rig = Keep(await rig.CrashAsync());
        else
            Assert.True(await rig.Store.ProbeAsync(CancellationToken.None));
        rig.Calls.Disk = disk;
        session = session.In(rig);
        await session.MergeAsync();
        Assert.Equal(Parts * Part, (await session.UploadAsync()).PlacedBytes);
        rig = await NextIncarnationAsync(rig, disk, Surviving.Nothing);

        await CrashTests.RecoverAsync(session.In(rig), [new ByteRange(0, Parts * Part)], spoiled: false, undoing: true);
    }

    [Fact]
    public async Task After_a_failed_flush_at_the_end_of_a_relaxed_stream_and_the_rest_in_the_same_incarnation()
    {
        var rig = await StartAsync(new EngineSetup { Storage = new StorageOptions { ReserveBytes = 0, Durability = Durability.Relaxed } });
        var stream = await StreamAsync(rig);
        var disk = Watch(rig);
        Assert.Equal(4000, (await stream.BreakAsync(0, 4000)).Offset);
        FailNextFlush(rig);
        Assert.False((await stream.AppendAsync(4000)).Ok);
        Assert.True(await rig.Store.ProbeAsync(CancellationToken.None));

        // The recorded bytes follow the failed flush, so they must be sent again.
        Assert.Equal((UploadError.OffsetConflict, 0),
            ((await stream.AppendAsync(4000)).Failure?.Error, (await stream.OffsetAsync()).Value!.ReceivedBytes));
        TestSession.Expect(await stream.AppendAsync(0));
        rig = await NextIncarnationAsync(rig, disk, Surviving.Nothing);

        await RecoverAsync(stream with { Rig = rig }, stream.Content.Length);
    }

    private async Task CutEverywhereAsync(Surviving surviving, Func<TestSession, List<ByteRange>, Task> scenario)
    {
        var rig = await StartAsync();
        for (var step = 1 + CrashSteps.First; ; step += CrashSteps.Apart)
        {
            var session = await TestSession.CreateAsync(rig, Parts * Part);
            var acknowledged = new List<ByteRange>();
            var disk = Watch(rig);
            var cut = CutAt(rig, step);
            try
            {
                await scenario(session, acknowledged);
            }
            catch (ProcessDiedException)
            {
            }

            rig = await NextIncarnationAsync(rig, disk, surviving);
            try
            {
                await CrashTests.RecoverAsync(session.In(rig), acknowledged, spoiled: false, undoing: true);
            }
            catch (Exception exception)
            {
                throw new InvalidOperationException($"After the power had gone before call {step}.", exception);
            }

            if (!cut.Happened)
            {
                Assert.True(step > 10, "The scenario has ended too soon.");
                return;
            }
        }
    }

    private static async Task RecoverAsync(TestStream stream, long acknowledged)
    {
        await EngineInvariants.AssertTrueAsync(stream.Rig);
        await EngineInvariants.AssertNothingLeakedAsync(stream.Rig);
        var upload = TestSession.Expect(await stream.OffsetAsync());
        Assert.Null(upload.DamagedAt);
        Assert.InRange(upload.ReceivedBytes, acknowledged, stream.Content.Length);
        if (upload.State != UploadState.Completed)
            TestSession.Expect(await stream.AppendAsync(upload.ReceivedBytes));
        await new TestSession(stream.Rig, stream.Id, stream.Content).AssertWholeAsync();
        TestSession.Expect(await stream.Rig.Catalog.DeleteFileAsync(TestSession.Me, stream.Id, CancellationToken.None));
        await stream.Rig.AgeAsync(TimeSpan.FromDays(8));
        await EngineInvariants.SweepAsync(stream.Rig);
        Assert.Empty(stream.Rig.Store.Enumerate(CancellationToken.None));
    }

    private static VolatileDisk Watch(EngineRig rig) => rig.Calls.Disk = new VolatileDisk(Path.Combine(rig.Folder, "files"));

    private async Task<EngineRig> NextIncarnationAsync(EngineRig rig, VolatileDisk disk, Surviving surviving)
    {
        await rig.KillAsync();
        disk.Cut(surviving);
        return Keep(await rig.CrashAsync());
    }

    /// <summary>From the n-th call that could change the disk on, no call has an effect.</summary>
    private static PowerSwitch CutAt(EngineRig rig, int step)
    {
        var power = new PowerSwitch();
        rig.Calls.Answer = call =>
        {
            if (Reading.Contains(call.Name) ? power.Happened : Interlocked.Increment(ref power.Calls) >= step)
            {
                power.Happened = true;
                rig.Hooks.Die();
                throw new ProcessDiedException();
            }

            return null;
        };
        return power;
    }

    private static void FailNextFlush(EngineRig rig)
    {
        var left = 1;
        rig.Calls.Answer = call => call.Name == nameof(ISyscalls.Fdatasync) && Interlocked.Exchange(ref left, 0) == 1
            ? -Errno.InputOutput
            : null;
    }

    /// <summary>4000 bytes are recorded, and the flush of 5000 more has failed.</summary>
    private async Task<(EngineRig Rig, TestStream Stream, VolatileDisk Disk)> FailedCheckpointAsync()
    {
        var rig = await StartAsync();
        var stream = await StreamAsync(rig);
        var disk = Watch(rig);
        Assert.Equal(4000, (await stream.BreakAsync(0, 4000)).Offset);
        FailNextFlush(rig);
        await stream.BreakAsync(4000, 9000);
        Assert.Equal(4000, TestSession.Expect(await stream.OffsetAsync()).ReceivedBytes);
        return (rig, stream, disk);
    }

    private static Task<TestStream> StreamAsync(EngineRig rig) => TestStream.CreateAsync(rig, TestSession.Bytes(20_000));

    private sealed class PowerSwitch
    {
        public int Calls;

        public volatile bool Happened;
    }
}
