using ChunkUpload.Core.Access;
using ChunkUpload.Core.Storage;
using ChunkUpload.Tests.Support;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Tests.Unit.Uploads;

/// <summary>E14, E18, E20, E28: the writers of this process.</summary>
public sealed class WriterClaimsTests
{
    private static readonly UploadId Id = UploadId.New();
    private static readonly StoredFile File = StoredFile.New(Guid.NewGuid(), StoredFileKind.Chunk, 1);

    private readonly ManualTime _time = new();
    private readonly UploadOptions _options = new();
    private readonly WriterClaims _claims;

    public WriterClaimsTests() => _claims = new WriterClaims(Options.Create(_options), _time);

    [Fact]
    public async Task Writers_at_two_offsets_do_not_wait_for_each_other()
    {
        using var first = await HoldAsync(0);
        using var second = await HoldAsync(8);

        Assert.False(first.StopRequested.IsCancellationRequested);
    }

    [Fact]
    public async Task Bytes_that_came_are_unrecorded_until_they_are_recorded()
    {
        var first = await HoldAsync(0);
        using var second = await HoldAsync(8);
        first.Claim.Progress(3);
        second.Claim.Progress(2);
        Assert.Equal(5, _claims.CountUnrecorded()[Id]);
        first.Dispose();
        Assert.Equal(2, _claims.CountUnrecorded()[Id]);

        var stream = UploadId.New();
        var (claim, _) = await _claims.TakeStreamAsync(Caller.Operator, stream, 100, 0, atAnyOffset: true, CancellationToken.None);
        Assert.Equal(0, _claims.CountUnrecorded()[stream]);
        Assert.True(claim!.TryAdvanceTo(160));
        Assert.Equal(60, _claims.CountUnrecorded()[stream]);
        claim.OnRecorded(150);
        Assert.Equal(10, _claims.CountUnrecorded()[stream]);
        claim.Dispose();
    }

    [Fact]
    public async Task A_newer_request_waits_until_the_current_writer_has_ended_and_learns_that_its_query_is_stale()
    {
        var holder = await HoldAsync(0);
        var waiting = _claims.TakeAsync(Caller.Operator, Id, 0, CancellationToken.None);
        await _time.WaitForTimerAsync(_options.TakeoverSilence);
        Assert.False(waiting.IsCompleted);

        holder.Dispose();

        var (claim, stale) = await waiting;
        Assert.True(stale);
        Assert.False(holder.StoppedByNewerRequest);
        claim.Dispose();
    }

    [Fact]
    public async Task A_writer_that_makes_progress_is_not_disturbed()
    {
        var holder = await HoldAsync(0);
        var waiting = _claims.TakeAsync(Caller.Operator, Id, 0, CancellationToken.None);
        var half = _options.TakeoverSilence / 2;
        await _time.WaitForTimerAsync(_options.TakeoverSilence);
        _time.Advance(half);
        for (var i = 0; i < 5; i++)
        {
            holder.Claim.Progress();
            await _time.PassAsync(half);
        }

        Assert.False(holder.StopRequested.IsCancellationRequested);
        Assert.False(waiting.IsCompleted);
        holder.Dispose();
        (await waiting).Claim.Dispose();
    }

    [Fact]
    public async Task A_silent_writer_is_asked_to_stop_and_waited_for()
    {
        var holder = await HoldAsync(0);
        var waiting = _claims.TakeAsync(Caller.Operator, Id, 0, CancellationToken.None);
        await _time.PassAsync(_options.TakeoverSilence);
        await holder.Stopped;
        Assert.False(waiting.IsCompleted);

        holder.Dispose();
        (await waiting).Claim.Dispose();
    }

    [Fact]
    public async Task A_writer_whose_client_is_back_is_asked_to_stop_at_once()
    {
        var holder = await HoldAsync(0);
        var released = _claims.StopAsync(Id, 0, CancellationToken.None);
        await holder.Stopped;
        var waiting = _claims.TakeAsync(Caller.Operator, Id, 0, CancellationToken.None);

        holder.Dispose();

        await released;
        (await waiting).Claim.Dispose();
    }

    [Fact]
    public async Task A_writer_that_does_not_stop_in_time_is_superseded_and_keeps_its_file()
    {
        var holder = await HoldAsync(0);
        holder.Claim.File = File;
        var waiting = _claims.TakeAsync(Caller.Operator, Id, 0, CancellationToken.None);
        await _time.PassAsync(_options.TakeoverSilence);
        await holder.Stopped;
        await _time.PassAsync(_options.TakeoverWait);

        var newer = (await waiting).Claim;
        newer.File = File;
        Assert.True(newer.TakesOver);
        Assert.True(_claims.IsBeingWritten(File, newer));

        holder.Dispose();

        Assert.False(_claims.IsBeingWritten(File, newer));
        // The end of the previous writer took nothing from the newer request.
        var third = _claims.TakeAsync(Caller.Operator, Id, 0, CancellationToken.None);
        Assert.False(third.IsCompleted);
        newer.Dispose();
        (await third).Claim.Dispose();
    }

    [Fact]
    public async Task Stopping_without_a_writer_returns_at_once() =>
        Assert.True(_claims.StopAsync(Id, 0, CancellationToken.None).IsCompletedSuccessfully);

    [Fact]
    public async Task Stopping_all_asks_every_writer_of_the_upload_at_once_and_no_other()
    {
        var other = await _claims.TakeAsync(Caller.Operator, UploadId.New(), 0, CancellationToken.None);
        var first = await HoldAsync(0);
        var second = await HoldAsync(8);

        var released = _claims.StopAllAsync(Id, CancellationToken.None);
        await first.Stopped;
        await second.Stopped;
        // Two writers that do not stop cost one wait.
        await _time.PassAsync(_options.TakeoverWait);
        await released;

        Assert.False(other.Claim.StopRequested.IsCancellationRequested);
        first.Dispose();
        second.Dispose();
        other.Claim.Dispose();
    }

    [Fact]
    public async Task Waiting_requests_get_the_claim_once_each()
    {
        var holder = await HoldAsync(0);
        var inside = 0;
        var waiting = Enumerable.Range(0, 20).Select(async _ =>
        {
            using var claim = (await _claims.TakeAsync(Caller.Operator, Id, 0, CancellationToken.None)).Claim;
            Assert.Equal(1, Interlocked.Increment(ref inside));
            await Task.Yield();
            Interlocked.Decrement(ref inside);
        }).ToList();

        holder.Dispose();
        await Task.WhenAll(waiting);
    }

    [Fact]
    public async Task A_newer_request_that_gives_up_waiting_leaves_the_current_writer_alone()
    {
        using var holder = await HoldAsync(0);
        using var gone = new CancellationTokenSource();
        var waiting = _claims.TakeAsync(Caller.Operator, Id, 0, gone.Token);
        await gone.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Assert.False(holder.StopRequested.IsCancellationRequested);
    }

    [Fact]
    public async Task A_query_before_another_writer_came_and_went_is_stale()
    {
        var version = _claims.VersionOf(Id, 0);
        (await HoldAsync(0)).Dispose();

        var (claim, stale) = await _claims.TakeAsync(Caller.Operator, Id, 0, CancellationToken.None, version);
        Assert.True(stale);
        claim.Dispose();

        (claim, stale) = await _claims.TakeAsync(Caller.Operator, Id, 0, CancellationToken.None, _claims.VersionOf(Id, 0));
        Assert.False(stale);
        claim.Dispose();
    }

    [Fact]
    public async Task A_request_to_stop_after_the_end_does_no_harm()
    {
        var holder = await HoldAsync(0);
        holder.Dispose();
        holder.Claim.AskToStop();
        holder.Claim.Dispose();
    }

    [Fact]
    public async Task A_newer_request_to_a_stream_takes_over_whether_or_not_the_previous_writer_ends()
    {
        foreach (var ends in new[] { true, false })
        {
            var upload = UploadId.New();
            var writer = new Holder(await TakeStreamAsync(upload));
            Assert.False(writer.Claim.TakesOver);
            var waiting = TakeStreamAsync(upload);
            await writer.Stopped;
            if (ends)
                writer.Dispose();
            else
                await _time.PassAsync(_options.TakeoverWait);
            var newer = await waiting;
            Assert.True(newer.TakesOver);
            newer.Dispose();
            writer.Dispose();

            // No writer was asked to stop for this one.
            using var next = await TakeStreamAsync(upload);
            Assert.False(next.TakesOver);
        }
    }

    [Fact]
    public async Task Every_newer_request_to_a_stream_takes_over_while_a_superseded_writer_runs()
    {
        var writer = await TakeStreamAsync(Id);
        var waiting = TakeStreamAsync(Id);
        await _time.PassAsync(_options.TakeoverWait);
        (await waiting).Dispose();

        // The next request does not wait for it again.
        var next = TakeStreamAsync(Id);
        Assert.True(next.IsCompletedSuccessfully);
        Assert.True((await next).TakesOver);
        (await next).Dispose();
        writer.Dispose();
        Assert.Empty(Writing());
    }

    [Fact]
    public async Task A_writer_without_an_answer_is_taken_over_until_the_epoch_has_risen()
    {
        var writer = await TakeStreamAsync(Id);
        writer.OnUnanswered(epoch: 3);
        writer.Dispose();
        Assert.Empty(Writing());

        foreach (var epoch in new[] { 3, 4 })
        {
            using var newer = await TakeStreamAsync(Id);
            Assert.True(newer.TakesOver);
            _claims.ForgetFenced(Stream(UploadState.Open, epoch));
        }

        using var next = await TakeStreamAsync(Id);
        Assert.False(next.TakesOver);
    }

    [Fact]
    public async Task A_query_before_the_end_of_an_unanswered_writers_stream_was_seen_is_stale()
    {
        var writer = await TakeStreamAsync(Id);
        writer.OnUnanswered(epoch: 0);
        writer.Dispose();
        var version = _claims.VersionOf(Id, WriterClaims.WholeStream);
        _claims.ForgetFenced(Stream(UploadState.Completed, epoch: 0));

        var (claim, stale) = await _claims.TakeStreamAsync(Caller.Operator, Id, 0, version, atAnyOffset: false, CancellationToken.None);
        Assert.True(stale);
        Assert.False(claim!.TakesOver);
        claim.Dispose();
    }

    [Fact]
    public async Task A_request_for_the_offset_is_not_waited_for_and_makes_a_newer_request_take_over()
    {
        Assert.Null(await _claims.TakeForOffsetAsync(Caller.Operator, Id, CancellationToken.None));
        var writer = new Holder(await TakeStreamAsync(Id));
        var asking = _claims.TakeForOffsetAsync(Caller.Operator, Id, CancellationToken.None);
        await writer.Stopped;
        writer.Dispose();
        var asked = await asking;
        Assert.Empty(Writing());

        var newer = TakeStreamAsync(Id);
        Assert.True(newer.IsCompletedSuccessfully);
        Assert.True((await newer).TakesOver);
        asked!.Dispose();
        Assert.Equal([Id], Writing());
        (await newer).Dispose();
        Assert.Null(await _claims.TakeForOffsetAsync(Caller.Operator, Id, CancellationToken.None));
    }

    private async Task<WriterClaim> TakeStreamAsync(UploadId upload)
    {
        var version = _claims.VersionOf(upload, WriterClaims.WholeStream);
        var taken = await _claims.TakeStreamAsync(Caller.Operator, upload, 0, version, atAnyOffset: false, CancellationToken.None);
        return taken.Claim!;
    }

    private static Upload Stream(UploadState state, long epoch) => new()
    {
        Id = WriterClaimsTests.Id,
        Tenant = "t",
        Subject = "s",
        Protocol = UploadProtocol.Tus,
        State = state,
        StateAt = default,
        FileName = "x",
        ContentType = "y/z",
        Metadata = new Dictionary<string, string>(),
        CreatedAt = default,
        IdleAllowance = TimeSpan.FromHours(1),
        Epoch = epoch,
    };

    private List<UploadId> Writing()
    {
        var uploads = new List<UploadId>();
        _claims.AddWriting(uploads);
        return uploads;
    }

    private async Task<Holder> HoldAsync(long offset) =>
        new((await _claims.TakeAsync(Caller.Operator, Id, offset, CancellationToken.None)).Claim);

    private sealed class Holder : IDisposable
    {
        private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Holder(WriterClaim claim)
        {
            Claim = claim;
            StopRequested = claim.StopRequested;
            StopRequested.Register(_stopped.SetResult);
        }

        public WriterClaim Claim { get; }

        public CancellationToken StopRequested { get; }

        public Task Stopped => _stopped.Task;

        public bool StoppedByNewerRequest => _stopped.Task.IsCompleted;

        public void Dispose() => Claim.Dispose();
    }
}
