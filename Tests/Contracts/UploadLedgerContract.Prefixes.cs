using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Tests.Contracts;

public abstract partial class UploadLedgerContract
{
    [Fact]
    public async Task Keeps_the_prefix_of_a_broken_chunk_and_does_not_count_it()
    {
        var id = await NewAsync(300);
        var prefix = NewPrefix(100, 40);

        Assert.True(await Ledger.RecordPrefixAsync(id, prefix, null, None));
        Assert.True(await Ledger.RecordPrefixAsync(id, prefix, null, None));

        var read = (await PrefixAsync(id, 100))!;
        Assert.Equal(prefix.HashState, read.HashState);
        Assert.Equal(prefix with { HashState = read.HashState }, read);
        Assert.Equal(0, (await GetAsync(id)).ReceivedBytes);
        Assert.Equal([new ByteRange(0, 300)], await Ledger.MissingAsync(id, 0, 10, None));
    }

    [Fact]
    public async Task A_prefix_that_keeps_more_replaces_one_that_keeps_less()
    {
        var id = await NewAsync(300);
        var shorter = NewPrefix(100, 40);
        var longer = NewPrefix(100, 60, attempt: 12);
        Assert.True(await Ledger.RecordPrefixAsync(id, shorter, null, None));

        Assert.True(await Ledger.RecordPrefixAsync(id, longer, null, None));
        Assert.False(await Ledger.RecordPrefixAsync(id, NewPrefix(100, 50), null, None));
        Assert.False(await Ledger.RecordPrefixAsync(id, NewPrefix(100, 60), null, None));

        Assert.Equal(longer.File, (await PrefixAsync(id, 100))!.File);
        Assert.Equal([shorter.File], await Ledger.TombstonesAsync(10, None));
    }

    [Fact]
    public async Task A_prefix_of_another_chunk_replaces_one_that_keeps_more()
    {
        var id = await NewAsync(300);
        Assert.True(await Ledger.RecordPrefixAsync(id, NewPrefix(100, 40), null, None));

        Assert.True(await Ledger.RecordPrefixAsync(id, NewPrefix(100, 10, variant: 2), null, None));

        Assert.Equal(10, (await PrefixAsync(id, 100))!.Kept);
    }

    [Fact]
    public async Task A_prefix_over_received_bytes_or_beyond_the_size_is_refused()
    {
        var id = await NewAsync(300);
        await RecordAsync(id, 100, 100);

        Assert.False(await Ledger.RecordPrefixAsync(id, NewPrefix(100, 40), null, None));
        Assert.False(await Ledger.RecordPrefixAsync(id, NewPrefix(150, 10), null, None));
        Assert.False(await Ledger.RecordPrefixAsync(id, NewPrefix(290, 11), null, None));
        Assert.False(await Ledger.RecordPrefixAsync(UploadId.New(), NewPrefix(0, 1), null, None));
        Assert.True(await Ledger.RecordPrefixAsync(id, NewPrefix(290, 10), null, None));
    }

    [Fact]
    public async Task A_paused_session_still_keeps_what_was_under_way()
    {
        var id = await NewAsync(300);
        Assert.True((await Ledger.PauseAsync(Me, id, None)).Ok);

        Assert.True(await Ledger.RecordPrefixAsync(id, NewPrefix(0, 40), null, None));
    }

    [Fact]
    public async Task Of_two_claims_of_one_prefix_one_gets_it()
    {
        var id = await NewAsync(300);
        Assert.True(await Ledger.RecordPrefixAsync(id, NewPrefix(100, 40), null, None));
        var seen = (await PrefixAsync(id, 100))!;
        var claims = new Prefix?[2];

        await RaceAsync(
            id,
            async () => claims[0] = await Ledger.ClaimPrefixAsync(id, seen, None),
            async () => claims[1] = await Ledger.ClaimPrefixAsync(id, seen, None));

        var claimed = Assert.Single(claims, claim => claim is not null)!;
        Assert.NotEqual(seen.Attempt, claimed.Attempt);
        Assert.Equal((seen.File, seen.Kept), (claimed.File, claimed.Kept));
        Assert.Null(await Ledger.ClaimPrefixAsync(id, claimed with { Kept = 41 }, None));
        Assert.NotNull(await Ledger.ClaimPrefixAsync(id, claimed, None));
    }

    [Fact]
    public async Task Only_the_request_that_claimed_a_prefix_extends_it()
    {
        var id = await NewAsync(300);
        var file = NewFile();
        Assert.True(await Ledger.RecordPrefixAsync(id, NewPrefix(100, 40, file: file), null, None));
        var former = (await Ledger.ClaimPrefixAsync(id, (await PrefixAsync(id, 100))!, None))!;
        var holder = (await Ledger.ClaimPrefixAsync(id, former, None))!;

        Assert.False(await Ledger.RecordPrefixAsync(id, NewPrefix(100, 90, file: file), former, None));
        Assert.True(await Ledger.RecordPrefixAsync(id, NewPrefix(100, 70, file: file, attempt: holder.Attempt), holder, None));
        Assert.Equal(70, (await PrefixAsync(id, 100))!.Kept);
        Assert.False(await Ledger.RecordPrefixAsync(id, NewPrefix(100, 80, file: file, attempt: holder.Attempt), holder, None));
        Assert.Empty(await Ledger.TombstonesAsync(10, None));
    }

    [Fact]
    public async Task A_claimed_prefix_moves_to_a_copy()
    {
        var id = await NewAsync(300);
        var first = NewPrefix(100, 40);
        Assert.True(await Ledger.RecordPrefixAsync(id, first, null, None));
        var claimed = (await Ledger.ClaimPrefixAsync(id, (await PrefixAsync(id, 100))!, None))!;
        var copy = NewFile();

        Assert.True(await Ledger.RecordPrefixAsync(id, claimed with { File = copy }, claimed, None));
        Assert.True(await Ledger.RecordPrefixAsync(id, claimed with { File = copy, Kept = 60 }, claimed, None));

        Assert.Equal((copy, 60L), ((await PrefixAsync(id, 100))!.File, (await PrefixAsync(id, 100))!.Kept));
        Assert.Equal([first.File], await Ledger.TombstonesAsync(10, None));
    }

    [Fact]
    public async Task The_chunk_takes_over_the_prefix_it_went_on_in()
    {
        var id = await NewAsync(300);
        var prefix = NewPrefix(100, 40);
        Assert.True(await Ledger.RecordPrefixAsync(id, prefix, null, None));

        var answer = await Ledger.RecordChunkAsync(Chunk(id, 100, 100, file: prefix.File) with { Attempt = prefix.Attempt }, None);

        Assert.Equal(RecordOutcome.Recorded, answer.Outcome);
        Assert.Null(await PrefixAsync(id, 100));
        Assert.Empty(await Ledger.TombstonesAsync(10, None));
        Assert.Empty(await Ledger.DropPrefixAsync(id, 100, prefix.Attempt, None));
    }

    [Fact]
    public async Task Only_the_attempt_that_has_the_prefix_makes_a_chunk_of_its_file()
    {
        var id = await NewAsync(300);
        Assert.True(await Ledger.RecordPrefixAsync(id, NewPrefix(100, 40), null, None));
        var former = (await Ledger.ClaimPrefixAsync(id, (await PrefixAsync(id, 100))!, None))!;
        var holder = (await Ledger.ClaimPrefixAsync(id, former, None))!;
        var late = Chunk(id, 100, 100, file: former.File) with { Attempt = former.Attempt };
        var rightful = Chunk(id, 100, 100, variant: 2, file: holder.File) with { Attempt = holder.Attempt };

        Assert.Equal(RecordOutcome.Conflict, (await Ledger.RecordChunkAsync(late, None)).Outcome);
        Assert.Equal(RecordOutcome.Conflict, (await Ledger.RecordChunkAsync(late with { Attempt = null }, None)).Outcome);
        Assert.Equal(holder.Attempt, (await PrefixAsync(id, 100))!.Attempt);
        Assert.Equal(0, (await GetAsync(id)).ReceivedBytes);

        Assert.Equal(RecordOutcome.Recorded, (await Ledger.RecordChunkAsync(rightful, None)).Outcome);
        Assert.Equal(RecordOutcome.Recorded, (await Ledger.RecordChunkAsync(rightful, None)).Outcome);
        Assert.Equal(RecordOutcome.Overlap, (await Ledger.RecordChunkAsync(late, None)).Outcome);
    }

    [Fact]
    public async Task The_same_file_with_other_bytes_or_another_length_is_no_repetition()
    {
        var id = await NewAsync(300);
        var chunk = await RecordAsync(id, 100, 100);

        Assert.Equal(
            RecordOutcome.Overlap, (await Ledger.RecordChunkAsync(Chunk(id, 100, 100, variant: 2, file: chunk.File), None)).Outcome);
        Assert.Equal(RecordOutcome.Overlap, (await Ledger.RecordChunkAsync(chunk with { Range = new ByteRange(100, 90) }, None)).Outcome);
        Assert.Equal(RecordOutcome.Recorded, (await Ledger.RecordChunkAsync(chunk, None)).Outcome);
    }

    [Fact]
    public async Task A_chunk_drops_the_prefixes_inside_it()
    {
        var id = await NewAsync(300);
        var inside = new[] { NewPrefix(100, 40), NewPrefix(150, 10) };
        foreach (var prefix in inside)
            Assert.True(await Ledger.RecordPrefixAsync(id, prefix, null, None));
        Assert.True(await Ledger.RecordPrefixAsync(id, NewPrefix(200, 10), null, None));

        await RecordAsync(id, 100, 100);

        Assert.Equal(Order(inside.Select(prefix => prefix.File)), Order(await Ledger.TombstonesAsync(10, None)));
        Assert.NotNull(await PrefixAsync(id, 200));
    }

    [Fact]
    public async Task Dropping_names_its_attempt_and_returns_the_file()
    {
        var id = await NewAsync(300);
        var prefix = NewPrefix(100, 40);
        Assert.True(await Ledger.RecordPrefixAsync(id, prefix, null, None));

        Assert.Empty(await Ledger.DropPrefixAsync(id, 100, prefix.Attempt + 1, None));
        Assert.Equal([prefix.File], await Ledger.DropPrefixAsync(id, 100, prefix.Attempt, None));
        Assert.Null(await PrefixAsync(id, 100));
        Assert.Empty(await Ledger.DropPrefixAsync(id, 100, prefix.Attempt, None));
    }

    [Fact]
    public async Task A_file_that_was_given_up_is_never_recorded_not_even_when_it_was_forgotten()
    {
        var id = await NewAsync(300);
        var prefix = NewPrefix(100, 40);
        Assert.True(await Ledger.RecordPrefixAsync(id, prefix, null, None));
        await Ledger.DropPrefixAsync(id, 100, prefix.Attempt, None);
        Assert.Equal(RecordOutcome.Conflict, (await Ledger.RecordChunkAsync(Chunk(id, 100, 100, file: prefix.File), None)).Outcome);

        await Ledger.ForgetFilesAsync([prefix.File], None);
        await AgeAsync(TimeSpan.FromHours(1));
        await Ledger.ForgetFilesAsync([NewFile()], None);

        Assert.Equal(RecordOutcome.Conflict, (await Ledger.RecordChunkAsync(Chunk(id, 100, 100, file: prefix.File), None)).Outcome);
        Assert.False(await Ledger.RecordPrefixAsync(id, NewPrefix(100, 50, file: prefix.File), null, None));
    }

    [Fact]
    public async Task A_prefix_of_an_earlier_incarnation_becomes_a_chunk_but_an_unnamed_file_does_not()
    {
        var id = await NewAsync(300);
        var prefix = NewPrefix(100, 40);
        Assert.True(await Ledger.RecordPrefixAsync(id, prefix, null, None));
        var unnamed = NewFile();
        var (ledger, incarnation) = await BeginAsync();

        var claimed = (await ledger.ClaimPrefixAsync(id, prefix, None))!;
        Assert.Equal(incarnation.Id, claimed.Incarnation);
        Assert.Equal(Incarnation.Id, claimed.File.Incarnation);
        var chunk = Chunk(id, 100, 100, file: claimed.File) with { Attempt = claimed.Attempt };
        Assert.Equal(RecordOutcome.Recorded, (await ledger.RecordChunkAsync(chunk, None)).Outcome);
        Assert.Equal(RecordOutcome.Conflict, (await ledger.RecordChunkAsync(Chunk(id, 0, 100, file: unnamed), None)).Outcome);
    }
}
