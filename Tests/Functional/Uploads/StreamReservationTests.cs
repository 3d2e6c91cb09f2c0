using ChunkUpload.Infrastructure.Posix;
using ChunkUpload.Infrastructure.Storage.Disk;
using ChunkUpload.Tests.Support;
using ChunkUpload.Tests.Support.Engine;

namespace ChunkUpload.Tests.Functional.Uploads;

/// <summary>Space is reserved for all announced bytes. When they do not come it is released, because the client may never return.</summary>
public sealed class StreamReservationTests(PostgresFixture postgres) : EngineTests(postgres)
{
    private const int Length = 4 << 20, Came = 70_000;

    // The rounding of file systems.
    private const long Little = 64 << 10;

    private static readonly byte[] Content = TestSession.Bytes(Length);

    [Fact]
    public async Task Reservation_for_the_rest_of_a_broken_append_is_returned()
    {
        var rig = await StartAsync();
        var stream = await BreakAsync(rig);

        Assert.InRange(Room(rig), Came, Came + Little);
        await FinishAsync(stream);
    }

    [Fact]
    public async Task Reservation_of_a_dead_process_is_released_when_a_request_continues()
    {
        var dead = await DieAsync(recorded: true);
        var rig = await dead.Rig.CrashAsync();
        Assert.InRange(Room(rig), Length, long.MaxValue);
        await FinishAsync(dead with { Rig = rig });

        Assert.InRange(Room(rig), Length, Length + (2 * Little));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Reservation_of_a_dead_process_is_released_by_the_first_sweep(bool recorded)
    {
        var dead = await DieAsync(recorded);
        var rig = await dead.Rig.CrashAsync();

        Assert.Null((await EngineInvariants.SweepAsync(rig)).Error);

        Assert.InRange(Room(rig), recorded ? Came : 0, Came + Little);
    }

    [Fact]
    public async Task Bytes_beyond_the_last_record_stay_in_the_file()
    {
        var rig = await StartAsync();
        await BreakAsync(rig);
        var file = Assert.Single(rig.Store.Enumerate(CancellationToken.None));

        rig.Store.Trim(file, long.MaxValue);

        Assert.Equal(Came, rig.Store.Length(file));
        rig.Store.Delete(file);
        rig.Store.Trim(file, long.MaxValue);
    }

    [Fact]
    public async Task Append_without_room_for_all_of_it_is_refused_before_its_first_byte()
    {
        var rig = await StartAsync();
        var stream = await BreakAsync(rig);
        rig.Calls.FreeBytes = Length - Came - Little;
        var calls = rig.Calls.Count(nameof(ISyscalls.Pwrite));

        Assert.Equal(UploadError.NoSpace, (await stream.AppendAsync(Came)).Failure?.Error);

        Assert.Equal(calls, rig.Calls.Count(nameof(ISyscalls.Pwrite)));
        rig.Calls.FreeBytes = null;
        await FinishAsync(stream);
    }

    // The process dies during a request, with or without its last checkpoint recorded.
    private async Task<TestStream> DieAsync(bool recorded)
    {
        var rig = await StartAsync(new EngineSetup { Uploads = new UploadOptions { CheckpointBytes = 64 << 10 } });
        var stream = await TestStream.CreateAsync(rig, Content);
        var body = new TestBody();
        var gate = recorded
            ? rig.Hooks.HoldAfter(nameof(IStreamLedger.CheckpointAsync))
            : rig.Hooks.HoldBefore(nameof(IStreamLedger.CheckpointAsync));
        _ = stream.SendAsync(stream.Request(0), body.Announce(Length));
        body.Deliver(Content.AsSpan(0, Came));
        await gate.Reached;
        return stream;
    }

    private static async Task<TestStream> BreakAsync(EngineRig rig)
    {
        var stream = await TestStream.CreateAsync(rig, Content);
        Assert.Equal(Came, (await stream.BreakAsync(0, Came)).Offset);
        return stream;
    }

    private static async Task FinishAsync(TestStream stream)
    {
        Assert.True(TestSession.Expect(await stream.AppendAsync(Came)).Upload.IsReceived);
        await new TestSession(stream.Rig, stream.Id, Content).AssertWholeAsync();
    }

    private static long Room(EngineRig rig)
    {
        long room = 0;
        foreach (var folder in new[] { DiskLayout.Files, DiskLayout.Trash })
        {
            foreach (var path in Directory.EnumerateFiles(Path.Combine(rig.Folder, folder), "*", SearchOption.AllDirectories))
            {
                using var file = File.OpenHandle(path);
                Assert.Equal(0, Syscalls.Real.Stat(file, "", out var stat));
                room += (long)stat.Blocks * 512;
            }
        }

        return room;
    }
}
