using System.Security.Cryptography;
using ChunkUpload.Core.Connections;
using ChunkUpload.Core.Transfers.Copying;
using ChunkUpload.Tests.Support.Transfers;

namespace ChunkUpload.Tests.Unit.Transfers;

/// <summary>The copy of a file between two storages, without a transfer.</summary>
public sealed class FileCopyTests
{
    private static readonly byte[] Bytes = RandomNumberGenerator.GetBytes(3500);
    private static readonly string Digest = Convert.ToHexStringLower(SHA256.HashData(Bytes));

    [Fact]
    public async Task Every_step_is_recorded_before_the_next_one()
    {
        var copy = new FakeCopy(Bytes);
        var end = await copy.RunAsync();
        Assert.Equal((CopyOutcome.Copied, "made", 3500L), (end.Value!.Outcome, end.Value.Made!.Id, end.Value.Position));
        Assert.Equal(Digest, end.Value.Sha256.ToString());
        Assert.Equal(Bytes, copy.Sink.Bytes);
        Assert.Equal(
            [new CopyPinned("v1", 3500, null), new CopyTargeted("a.bin", null, null), new CopyBegun(new SinkSession("session 1", null))],
            copy.Checkpoint.Steps.Take(3));
        Assert.Equal([1000L, 2000L, 3000L], copy.Checkpoint.Steps.OfType<CopyAccepted>().Select(step => step.Position));
    }

    [Fact]
    public async Task A_copy_that_was_killed_after_any_step_resumes()
    {
        for (var records = 0; ; records++)
        {
            var copy = new FakeCopy(Bytes) { Checkpoint = { RecordsLeft = records } };
            try
            {
                _ = await copy.RunAsync();
                Assert.True(records > 4);
                return;
            }
            catch (KilledException)
            {
                copy.Checkpoint.RecordsLeft = int.MaxValue;
            }

            var end = await copy.RunAsync();
            Assert.Equal(Digest, end.Value!.Sha256.ToString());
            Assert.Equal(Bytes, copy.Sink.Bytes);
            Assert.Equal(1, copy.Sink.Files);
        }
    }

    [Fact]
    public async Task Damaged_bytes_of_the_source_do_not_replace_a_file()
    {
        var copy = new FakeCopy(Bytes) { Checkpoint = { Replaces = "there" } };
        copy.Source.Item = copy.Source.Item with
        {
            Digests = new Dictionary<DigestKind, string> { [DigestKind.Sha256] = new('0', 64) },
        };
        var end = await copy.RunAsync();
        Assert.Equal(FaultKind.SourceChanged, end.Fault!.Kind);
        Assert.Equal(0, copy.Sink.Files);
        Assert.Empty(copy.Sink.Discarded);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_file_that_arrived_wrong_is_removed_unless_it_was_there_before(bool replaces)
    {
        var copy = new FakeCopy(Bytes) { Checkpoint = { Replaces = replaces ? "there" : null } };
        copy.Sink.Made = made => made with
        {
            Digests = new Dictionary<DigestKind, string> { [DigestKind.Sha256] = new('0', 64) },
        };
        var end = await copy.RunAsync();
        Assert.Equal((FaultKind.Integrity, true), (end.Fault!.Kind, end.Fault.AtDestination));
        Assert.Equal(replaces ? [] : ["made"], copy.Sink.Discarded);
    }

    [Fact]
    public async Task Where_the_destination_has_no_digest_its_size_is_compared()
    {
        var copy = new FakeCopy(Bytes);
        copy.Sink.Made = made => made with { Size = made.Size - 1 };
        var end = await copy.RunAsync();
        Assert.Equal((FaultKind.Integrity, true), (end.Fault!.Kind, end.Fault.AtDestination));
        Assert.Equal(["made"], copy.Sink.Discarded);
    }

    [Fact]
    public async Task A_change_of_the_source_is_noted_where_the_pinned_version_was_copied()
    {
        var copy = new FakeCopy(Bytes);
        copy.Source.Item = copy.Source.Item with { OutlivesChange = true };
        Assert.Null((await copy.RunAsync()).Value!.Note);

        var changed = new FakeCopy(Bytes);
        changed.Source.Item = changed.Source.Item with { OutlivesChange = true };
        changed.Source.Read = () => changed.Source.Item = changed.Source.Item with { Pin = "v2" };
        var end = await changed.RunAsync();
        Assert.Equal(CopyOutcome.Copied, end.Value!.Outcome);
        Assert.Contains("changed while it was copied", end.Value.Note, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_time_that_the_destination_clips_is_reported()
    {
        var copy = new FakeCopy(Bytes);
        copy.Source.Item = copy.Source.Item with { Modified = DateTimeOffset.UnixEpoch.AddTicks(5) };
        copy.Sink.Made = made => made with { Modified = DateTimeOffset.UnixEpoch };
        Assert.Equal(DateTimeOffset.UnixEpoch, (await copy.RunAsync()).Value!.OtherTime);
        Assert.Null((await new FakeCopy(Bytes).RunAsync()).Value!.OtherTime);
    }

    [Fact]
    public async Task A_source_that_was_changed_begins_again_and_is_never_mixed()
    {
        var copy = new FakeCopy(Bytes) { Checkpoint = { RecordsLeft = 3 } };
        await Assert.ThrowsAsync<KilledException>(copy.RunAsync);
        copy.Checkpoint.RecordsLeft = int.MaxValue;
        copy.Source.Item = copy.Source.Item with { Pin = "v2" };
        Assert.Equal(FaultKind.SourceChanged, (await copy.RunAsync()).Fault!.Kind);
        Assert.Equal("v2", copy.Checkpoint.State.Pin);
    }

    [Fact]
    public async Task A_source_that_breaks_off_within_a_piece_has_not_changed()
    {
        // The destination keeps the beginning of the piece, and the source can be read from its own beginning only.
        var copy = new FakeCopy(Bytes);
        copy.Source.Item = copy.Source.Item with { FromStartOnly = true };
        foreach (var at in (int[])[1500, 1500, 1200, 2700])
        {
            copy.Source.BreaksAt = at;
            Assert.Equal(FaultKind.Transient, (await copy.RunAsync()).Fault!.Kind);
        }

        copy.Source.BreaksAt = int.MaxValue;
        Assert.Equal(Digest, (await copy.RunAsync()).Value!.Sha256.ToString());
        Assert.Equal(Bytes, copy.Sink.Bytes);
    }

    [Fact]
    public async Task A_copy_gives_way_to_other_work_after_a_piece_and_resumes()
    {
        var copy = new FakeCopy(Bytes) { Checkpoint = { Yields = true } };
        for (var position = 1000; position <= 3000; position += 1000)
        {
            Assert.Equal(CopyOutcome.Postponed, (await copy.RunAsync()).Value!.Outcome);
            Assert.Equal(position, copy.Checkpoint.State.Position);
        }

        // The last piece makes the file.
        Assert.Equal(CopyOutcome.Copied, (await copy.RunAsync()).Value!.Outcome);
        Assert.Equal(Bytes, copy.Sink.Bytes);
        Assert.Equal(1, copy.Sink.Begun);
    }
}
