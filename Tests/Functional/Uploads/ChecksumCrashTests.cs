using ChunkUpload.Core.Access;
using ChunkUpload.Core.Uploads;
using ChunkUpload.Tests.Support;
using ChunkUpload.Tests.Support.Engine;

namespace ChunkUpload.Tests.Functional.Uploads;

/// <summary>E15, T115: unverified bytes do not exist, however many have come and however the process ended.</summary>
public sealed class ChecksumCrashTests(PostgresFixture postgres) : EngineTests(postgres)
{
    private const int Length = 200_000;
    private const int Verified = 10_000;

    [Fact]
    public async Task Bytes_under_a_checksum_do_not_count_after_a_crash()
    {
        var first = await StartAsync(new EngineSetup { Uploads = new UploadOptions { CheckpointBytes = 64 * KiB } });
        var content = TestSession.Bytes(Length);
        var created = await first.Desk.CreateStreamAsync(
            new NewStream(
                TestSession.Me, UploadProtocol.Tus, "x", "y/z", new Dictionary<string, string>(), new Dictionary<string, string>(), Length,
                    null, false, null),
            CancellationToken.None);
        var id = TestSession.Expect(created).Id;
        Assert.Equal(Verified, TestSession.Expect(await AppendAsync(first, id, 0, TestBody.Of(content.AsSpan(0, Verified)))).Offset);

        // Twice the bytes that make a checkpoint without a checksum.
        using var body = new TestBody();
        var running = AppendAsync(first, id, Verified, body.Announce(Length - Verified));
        await body.SendAsync(new byte[128 * KiB]);
        var rig = Keep(await first.CrashAsync());
        body.Break();
        await Task.WhenAny(running);

        Assert.Equal(Verified, (await rig.Ledger.GetAsync(id, CancellationToken.None))!.ReceivedBytes);
        Assert.True(TestSession.Expect(await AppendAsync(rig, id, Verified, TestBody.Of(content.AsSpan(Verified)))).Completed);
        await new TestSession(rig, id, content).AssertWholeAsync();
        await EngineInvariants.SweepAsync(rig);
        await EngineInvariants.AssertCleanAsync(rig);
    }

    private static Task<Result<StreamReceipt>> AppendAsync(EngineRig rig, UploadId id, long offset, UploadBody body) =>
        Task.Run(() => rig.Get<Core.Uploads.StreamWriter>().AppendAsync(
            new StreamAppend(Caller.Operator, id, UploadProtocol.Tus, offset, StreamEnding.WhenFull) { Checksum = new Right() }, body,
                CancellationToken.None));

    private sealed class Right : IBodyChecksum
    {
        public void Append(ReadOnlySpan<byte> bytes)
        {
        }

        public ChecksumVerdict Verify() => ChecksumVerdict.Match;
    }
}
