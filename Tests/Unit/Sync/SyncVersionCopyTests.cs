using System.Security.Cryptography;
using ChunkUpload.Core.Connections;
using ChunkUpload.Core.Sync;
using ChunkUpload.Infrastructure.Posix;
using ChunkUpload.Tests.Support.Transfers;
using ChunkUpload.Wire.Sync;

namespace ChunkUpload.Tests.Unit.Sync;

/// <summary>An earlier version of a file is put back by a copy, in a storage that does not do it by itself.</summary>
public sealed class SyncVersionCopyTests
{
    private static readonly DateTimeOffset Modified = DateTimeOffset.UnixEpoch.AddDays(1);
    private static readonly SinkEntry Seen = new("source", "a.bin", StorageItemKind.File) { Pin = "v1" };

    [Theory]
    [InlineData(0)]
    [InlineData(3_500)]
    [InlineData(2_500_000)]
    public async Task The_earlier_content_replaces_the_version_that_was_seen(int size)
    {
        var bytes = RandomNumberGenerator.GetBytes(size);
        var (restored, sink) = await RestoreAsync(bytes, bytes);
        Assert.Equal("made", restored.Value!.Id);
        Assert.Equal(bytes, sink.Bytes);
        Assert.Equal(("source", "v1", Modified), (sink.File!.Replaces, sink.File.Condition!.Version, sink.File.Modified));
        Assert.Empty(sink.Aborted);
    }

    [Theory]
    [InlineData(3_500)]
    [InlineData(2_500_000)]
    public async Task Another_content_of_the_same_size_replaces_nothing(int size)
    {
        var (restored, sink) = await RestoreAsync(RandomNumberGenerator.GetBytes(size), RandomNumberGenerator.GetBytes(size));
        Assert.Equal(FaultKind.Gone, restored.Fault!.Kind);
        Assert.Equal(0, sink.Files);
        Assert.Equal(["session 1"], sink.Aborted);
    }

    [Fact]
    public async Task A_file_that_was_changed_since_is_left_alone()
    {
        var bytes = RandomNumberGenerator.GetBytes(10);
        var (restored, sink) = await RestoreAsync(bytes, bytes, seen: Seen with { Pin = "v0" });
        Assert.Equal(FaultKind.Taken, restored.Fault!.Kind);
        Assert.Equal(0, sink.Begun);
    }

    [Fact]
    public async Task An_upload_whose_source_breaks_off_is_given_up()
    {
        var bytes = RandomNumberGenerator.GetBytes(3_500);
        var (restored, sink) = await RestoreAsync(bytes, bytes, new FakeSource(bytes) { BreaksAt = 1_000 });
        Assert.Equal((FaultKind.Transient, "The source broke off."), (restored.Fault!.Kind, restored.Fault.Sentence));
        Assert.Equal(["session 1"], sink.Aborted);
    }

    [Fact]
    public async Task A_storage_that_accepts_no_bytes_is_not_asked_again_and_again()
    {
        var bytes = RandomNumberGenerator.GetBytes(2_500_000);
        var (restored, sink) = await RestoreAsync(bytes, bytes, sink: new FakeSink { AcceptsNothing = true });
        Assert.Equal(FaultKind.Transient, restored.Fault!.Kind);
        Assert.Equal(1, sink.Puts);
        Assert.Equal(["session 1"], sink.Aborted);
    }

    [Fact]
    public async Task A_content_that_arrived_wrong_is_reported()
    {
        var bytes = RandomNumberGenerator.GetBytes(3_500);
        var sink = new FakeSink
        {
            Made = made => made with { Digests = new Dictionary<DigestKind, string> { [DigestKind.Sha256] = new('0', 64) } },
        };
        var (restored, _) = await RestoreAsync(bytes, bytes, sink: sink);
        Assert.Equal(FaultKind.Integrity, restored.Fault!.Kind);
        Assert.Empty(sink.Discarded);
    }

    /// <param name="kept">What the storage has under the earlier version.</param>
    /// <param name="lost">What was replaced.</param>
    private static async Task<(Outcome<SinkEntry> Restored, FakeSink Sink)> RestoreAsync(
        byte[] kept, byte[] lost, FakeSource? source = null, FakeSink? sink = null, SinkEntry? seen = null)
    {
        sink ??= new FakeSink();
        var entry = new SyncEntry("source", IsFolder: false)
        {
            Version = "v0",
            Size = lost.Length,
            Modified = Modified,
            Digests = new Dictionary<string, string> { [SyncEntry.ReadDigest] = Convert.ToHexStringLower(SHA256.HashData(lost)) },
        };
        var copy = new SyncVersionCopy(source ?? new FakeSource(kept), sink, new OpenSslHashes());
        return (await copy.RestoreAsync(seen ?? Seen, entry, CancellationToken.None), sink);
    }
}
