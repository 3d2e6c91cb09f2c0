using ChunkUpload.Tests.Support;
using ChunkUpload.Tests.Support.Engine;

namespace ChunkUpload.Tests.Functional.Uploads;

/// <summary>E15, T115: unverified bytes never count, however many were received and however the process ended.</summary>
public sealed class ChecksumCrashTests(PostgresFixture postgres) : EngineTests(postgres)
{
    private const int Length = 200_000;
    private const int Verified = 10_000;

    [Fact]
    public async Task Bytes_under_a_checksum_do_not_count_after_a_crash()
    {
        var first = await StartAsync(new EngineSetup { Uploads = new UploadOptions { CheckpointBytes = 64 * KiB } });
        var stream = await TestStream.CreateAsync(first, TestSession.Bytes(Length));
        Assert.Equal(Verified, TestSession.Expect(await stream.AppendAsync(Checked(stream, 0), Verified)).Offset);

        // Twice the bytes that make a checkpoint without a checksum.
        using var body = new TestBody();
        var running = stream.SendAsync(Checked(stream, Verified), body.Announce(Length - Verified));
        await body.SendAsync(new byte[128 * KiB]);
        var rig = Keep(await first.CrashAsync());
        body.Break();
        await Task.WhenAny(running);

        stream = stream with { Rig = rig };
        Assert.Equal(Verified, (await rig.Ledger.GetAsync(stream.Id, CancellationToken.None))!.ReceivedBytes);
        Assert.True(TestSession.Expect(await stream.AppendAsync(Checked(stream, Verified), Length)).Upload.IsReceived);
        await new TestSession(rig, stream.Id, stream.Content).AssertWholeAsync();
        await EngineInvariants.SweepAsync(rig);
        await EngineInvariants.AssertCleanAsync(rig);
    }

    private static StreamAppend Checked(TestStream stream, long offset) => stream.Request(offset) with { Checksum = new Right() };

    private sealed class Right : IBodyChecksum
    {
        public void Append(ReadOnlySpan<byte> bytes)
        {
        }

        public ChecksumVerdict Verify() => ChecksumVerdict.Match;
    }
}
