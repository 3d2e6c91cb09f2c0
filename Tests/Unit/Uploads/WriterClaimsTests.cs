using ChunkUpload.Core.Access;
using ChunkUpload.Core.Storage;
using ChunkUpload.Core.Uploads;
using ChunkUpload.Tests.Support;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Tests.Unit.Uploads;

/// <summary>E14, E18, E20, E28: who writes what in this process.</summary>
public sealed class WriterClaimsTests
{
    private static readonly UploadId Upload = UploadId.New();
    private static readonly StoredFile File = StoredFile.New(StoredFileKind.Chunk, 1);

    private readonly ManualTime _time = new();
    private readonly UploadOptions _options = new();
    private readonly WriterClaims _claims;

    public WriterClaimsTests() => _claims = new WriterClaims(Options.Create(_options), _time);

    [Fact]
    public async Task Two_places_of_an_upload_do_not_wait_for_each_other()
    {
        using var first = await TakeAsync(0);
        using var second = await TakeAsync(8);

        Assert.False(first.StopRequested.IsCancellationRequested);
    }

    [Fact]
    public async Task A_newcomer_waits_until_the_holder_has_ended_and_learns_that_his_look_is_stale()
    {
        var holder = await TakeAsync(0);
        var waiting = _claims.TakeAsync(Caller.Operator, Upload, 0, CancellationToken.None);
        await _time.WaitForTimersAsync(1);
        Assert.False(waiting.IsCompleted);

        holder.Dispose();

        var (claim, stale) = await waiting;
        Assert.True(stale);
        Assert.False(holder.StoppedByNewcomer);
        claim.Dispose();
    }

    [Fact]
    public async Task A_holder_that_makes_progress_is_not_disturbed()
    {
        var holder = await TakeAsync(0);
        var waiting = _claims.TakeAsync(Caller.Operator, Upload, 0, CancellationToken.None);
        for (var i = 0; i < 5; i++)
        {
            await _time.WaitForTimersAsync(1);
            holder.Claim.Progress();
            _time.Advance(_options.TakeoverSilence - TimeSpan.FromMilliseconds(1));
        }

        Assert.False(holder.StopRequested.IsCancellationRequested);
        Assert.False(waiting.IsCompleted);
        holder.Dispose();
        (await waiting).Claim.Dispose();
    }

    [Fact]
    public async Task A_silent_holder_is_asked_to_stop_and_waited_for()
    {
        var holder = await TakeAsync(0);
        var waiting = _claims.TakeAsync(Caller.Operator, Upload, 0, CancellationToken.None);
        await _time.WaitForTimersAsync(1);

        _time.Advance(_options.TakeoverSilence);
        await holder.Stopped;
        Assert.False(waiting.IsCompleted);

        holder.Dispose();
        (await waiting).Claim.Dispose();
    }

    [Fact]
    public async Task A_holder_whose_client_is_back_is_asked_at_once()
    {
        var holder = await TakeAsync(0);
        var released = _claims.ReleaseAsync(Upload, 0, CancellationToken.None);
        await holder.Stopped;
        var waiting = _claims.TakeAsync(Caller.Operator, Upload, 0, CancellationToken.None);

        holder.Dispose();

        await released;
        (await waiting).Claim.Dispose();
    }

    [Fact]
    public async Task A_holder_that_does_not_stop_in_time_lingers_and_its_file_is_left_to_it()
    {
        var holder = await TakeAsync(0);
        holder.Claim.File = File;
        var waiting = _claims.TakeAsync(Caller.Operator, Upload, 0, CancellationToken.None);
        await _time.WaitForTimersAsync(1);
        _time.Advance(_options.TakeoverSilence);
        await holder.Stopped;
        await _time.WaitForTimersAsync(1);
        _time.Advance(_options.TakeoverWait);

        var newcomer = (await waiting).Claim;
        newcomer.File = File;
        Assert.True(Lingers());
        Assert.True(_claims.IsBeingWritten(File, newcomer));

        holder.Dispose();

        Assert.False(Lingers());
        Assert.False(_claims.IsBeingWritten(File, newcomer));
        // The end of the former one took nothing from the newcomer.
        var third = _claims.TakeAsync(Caller.Operator, Upload, 0, CancellationToken.None);
        Assert.False(third.IsCompleted);
        newcomer.Dispose();
        (await third).Claim.Dispose();
    }

    [Fact]
    public async Task Release_of_a_place_that_nobody_has_returns_at_once() =>
        Assert.True(_claims.ReleaseAsync(Upload, 0, CancellationToken.None).IsCompletedSuccessfully);

    [Fact]
    public async Task Release_all_asks_every_writer_of_the_upload_at_once_and_nobody_elses()
    {
        var other = await _claims.TakeAsync(Caller.Operator, UploadId.New(), 0, CancellationToken.None);
        var first = await TakeAsync(0);
        var second = await TakeAsync(8);

        var released = _claims.ReleaseAllAsync(Upload, CancellationToken.None);
        await first.Stopped;
        await second.Stopped;
        // Two that do not stop cost one wait.
        await _time.WaitForTimersAsync(2);
        _time.Advance(_options.TakeoverWait);
        await released;

        Assert.False(other.Claim.StopRequested.IsCancellationRequested);
        first.Dispose();
        second.Dispose();
        other.Claim.Dispose();
        Assert.False(Lingers());
    }

    [Fact]
    public async Task Of_many_that_wait_each_gets_the_place_once()
    {
        var holder = await TakeAsync(0);
        var inside = 0;
        var waiting = Enumerable.Range(0, 20).Select(async _ =>
        {
            using var claim = (await _claims.TakeAsync(Caller.Operator, Upload, 0, CancellationToken.None)).Claim;
            Assert.Equal(1, Interlocked.Increment(ref inside));
            await Task.Yield();
            Interlocked.Decrement(ref inside);
        }).ToList();

        holder.Dispose();
        await Task.WhenAll(waiting);
    }

    [Fact]
    public async Task One_who_gives_up_waiting_leaves_the_holder_alone()
    {
        using var holder = await TakeAsync(0);
        using var gone = new CancellationTokenSource();
        var waiting = _claims.TakeAsync(Caller.Operator, Upload, 0, gone.Token);
        await gone.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Assert.False(holder.StopRequested.IsCancellationRequested);
    }

    [Fact]
    public async Task A_look_before_another_ones_whole_stay_is_stale()
    {
        var look = _claims.Look(Upload, 0);
        (await TakeAsync(0)).Dispose();

        var (claim, stale) = await _claims.TakeAsync(Caller.Operator, Upload, 0, CancellationToken.None, look: look);
        Assert.True(stale);
        claim.Dispose();

        (claim, stale) = await _claims.TakeAsync(Caller.Operator, Upload, 0, CancellationToken.None, look: _claims.Look(Upload, 0));
        Assert.False(stale);
        claim.Dispose();
    }

    [Fact]
    public async Task To_be_asked_to_stop_after_the_end_does_no_harm()
    {
        var holder = await TakeAsync(0);
        holder.Dispose();
        holder.Claim.AskToStop();
        holder.Claim.Dispose();
    }

    [Fact]
    public async Task Stops_the_writers_of_a_caller_and_of_no_other()
    {
        var suspended = new Caller("default", "suspended");
        using var other = await TakeAsync(0);
        using var first = new Holder((await _claims.TakeAsync(suspended, Upload, 8, CancellationToken.None)).Claim);
        using var second = new Holder((await _claims.TakeAsync(suspended, UploadId.New(), 0, CancellationToken.None)).Claim);

        var stopping = _claims.StopCallersAsync(caller => caller.Subject == "suspended", CancellationToken.None);
        await Task.WhenAll(first.Stopped, second.Stopped);
        first.Dispose();
        second.Dispose();
        await stopping;

        Assert.False(other.StopRequested.IsCancellationRequested);
    }

    private async Task<Holder> TakeAsync(long place) => new((await _claims.TakeAsync(Caller.Operator, Upload, place, CancellationToken.None)).Claim);

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

        public bool StoppedByNewcomer => _stopped.Task.IsCompleted;

        public void Dispose() => Claim.Dispose();
    }

    private bool Lingers()
    {
        using var fence = _claims.FenceOf(Upload);
        return fence is not null;
    }
}
