using System.IO.Pipelines;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Hosting;
using ChunkUpload.Tests.Support;
using ChunkUpload.Tests.Support.Engine;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Tests.Unit.Uploads;

/// <summary>The loop that reads a body: what ends it, and which bytes it passes on before.</summary>
public sealed partial class BodyPumpTests : IDisposable
{
    private readonly ManualTime _time = new();
    private readonly UploadOptions _options = new();
    private readonly StoppingSignal _stopping = new();
    private readonly WriterClaims _claims;
    private readonly WriterClaim _claim;
    private readonly Sink _sink = new();
    private readonly FakeBandwidthLimiter _limiter = new();
    private readonly TestBody _body = new();
    private readonly BodyPump _pump;

    public BodyPumpTests()
    {
        _claims = new WriterClaims(Options.Create(_options), _time);
        _claim = _claims.TakeAsync(Caller.Operator, UploadId.New(), 0, CancellationToken.None).GetAwaiter().GetResult().Claim;
        _pump = new BodyPump(Options.Create(_options), _limiter, _time, _stopping);
    }

    public void Dispose()
    {
        _body.Dispose();
        _claim.Dispose();
        _stopping.Dispose();
    }

    [Fact]
    public async Task Hands_on_every_byte_in_order_and_sees_the_end()
    {
        var running = RunAsync();
        await _body.SendAsync(new byte[] { 1, 2 });
        await _body.SendAsync(new byte[] { 3 });
        _body.End();

        Assert.Equal((BodyEnd.Complete, 3), await running);
        Assert.Equal([1, 2, 3], _sink.Bytes);
    }

    [Fact]
    public async Task Keeps_the_bytes_that_are_handed_on_while_the_connection_is_reset()
    {
        // As Kestrel does: after a reset of the stream the reader refuses every call, including the one that returns the last bytes.
        var reader = new ResetReader(TestBody.Of([1, 2, 3]).Reader);
        _sink.OnWrite = () =>
        {
            reader.Reset();
            _body.Leave();
        };
        Assert.Equal((BodyEnd.Disconnected, 3), await _pump.RunAsync(new UploadBody(reader, 10), _sink, 10, _claim, _body.Gone));
        Assert.Equal([1, 2, 3], _sink.Bytes);
    }

    [Fact]
    public async Task Takes_exactly_the_limit()
    {
        Assert.Equal((BodyEnd.Complete, 4), await _pump.RunAsync(TestBody.Of(new byte[4]), _sink, 4, _claim, _body.Gone));
    }

    [Fact]
    public async Task Ends_at_the_first_byte_beyond_the_limit_and_hands_none_of_that_read_on()
    {
        var running = RunAsync(limit: 3);
        await _body.SendAsync(new byte[] { 1, 2 });
        await _body.SendAsync(new byte[] { 3, 4 });

        Assert.Equal((BodyEnd.TooLong, 2), await running);
        Assert.Equal([1, 2], _sink.Bytes);
    }

    [Fact]
    public async Task Cuts_a_client_that_sends_nothing()
    {
        var running = RunAsync();
        await _time.PassAsync(_options.BodyIdleTimeout);

        Assert.Equal((BodyEnd.Idle, 0), await running);
    }

    [Fact]
    public async Task Every_byte_resets_the_idle_timeout()
    {
        var running = RunAsync();
        await _time.WaitForTimerAsync(_options.BodyIdleTimeout);
        for (var i = 0; i < 5; i++)
        {
            _time.Advance(_options.BodyIdleTimeout - TimeSpan.FromMilliseconds(1));
            await _body.SendAsync(new byte[1]);
            await _time.WaitForTimerAsync(_options.BodyIdleTimeout);
        }

        Assert.False(running.IsCompleted);
        _time.Advance(_options.BodyIdleTimeout);
        Assert.Equal((BodyEnd.Idle, 5), await running);
    }

    [Fact]
    public async Task Time_spent_on_its_bytes_does_not_count_as_idle_time_of_the_client()
    {
        _sink.Hold();
        var running = RunAsync();
        _body.Deliver(new byte[1]);
        await _sink.Held;
        _time.Advance(_options.BodyIdleTimeout * 3);
        _sink.LetGo();
        await _time.WaitForTimerAsync(_options.BodyIdleTimeout);
        _time.Advance(_options.BodyIdleTimeout - TimeSpan.FromMilliseconds(1));
        await _body.SendAsync(new byte[1]);
        _body.End();

        Assert.Equal((BodyEnd.Complete, 2), await running);
    }

    [Fact]
    public async Task A_sink_with_pending_bytes_is_asked_again_and_the_idle_time_keeps_counting()
    {
        _sink.ReadTimeout = TimeSpan.FromSeconds(1);
        var running = RunAsync();
        await _body.SendAsync(new byte[1]);
        await _time.WaitForTimerAsync(_sink.ReadTimeout.Value);
        var asked = _sink.Asked;
        for (var second = 1; second < _options.BodyIdleTimeout.TotalSeconds; second++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            while (_sink.Asked < asked + second)
                await Task.Yield();
            await _time.WaitForTimerAsync(_sink.ReadTimeout.Value);
        }

        Assert.False(running.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal((BodyEnd.Idle, 1), await running);
    }

    [Fact]
    public async Task The_timeout_of_one_read_breaks_off_no_later_one()
    {
        _sink.ReadTimeout = TimeSpan.FromSeconds(1);
        var running = RunAsync();
        await _time.WaitForTimerAsync(_sink.ReadTimeout.Value);
        _sink.Hold();
        _body.Deliver([1]);
        await _sink.Held;
        _time.Advance(TimeSpan.FromSeconds(2));
        _sink.LetGo();
        await _time.WaitForTimerAsync(_sink.ReadTimeout.Value);

        Assert.Equal(1, _sink.Asked);
        _body.End();
        Assert.Equal((BodyEnd.Complete, 1), await running);
    }

    [Fact]
    public async Task Every_byte_is_progress_of_the_claim()
    {
        var running = RunAsync();
        _time.Advance(TimeSpan.FromSeconds(1));
        await _body.SendAsync(new byte[1]);
        Assert.Equal(TimeSpan.Zero, _claim.SilentFor);
        _body.End();
        await running;
    }

    [Theory]
    [InlineData(BodyEnd.TakenOver)]
    [InlineData(BodyEnd.Stopping)]
    [InlineData(BodyEnd.Disconnected)]
    internal async Task Lets_go_of_a_read_that_waits(BodyEnd why)
    {
        var running = RunAsync();
        await _body.SendAsync(new byte[] { 1 });
        Ask(why);

        Assert.Equal((why, 1), await running);
    }

    [Theory]
    [InlineData(BodyEnd.TakenOver)]
    [InlineData(BodyEnd.Stopping)]
    [InlineData(BodyEnd.Disconnected)]
    internal async Task Hands_on_what_was_delivered_before_it_lets_go(BodyEnd why)
    {
        _sink.Hold();
        var running = RunAsync();
        _body.Deliver([1]);
        await _sink.Held;
        _body.Deliver([2, 3]);
        Ask(why);
        _sink.LetGo();

        Assert.Equal((why, 3), await running);
        Assert.Equal([1, 2, 3], _sink.Bytes);
    }

    [Fact]
    public async Task A_fast_sender_counts_as_fast_on_a_slow_disk()
    {
        var socket = new Socket();
        _sink.OnWrite = () => _time.Advance(TimeSpan.FromMilliseconds(60));
        var running = _pump.RunAsync(_body.Announce(1 << 20) with { ReceiveControl = socket }, _sink, 1 << 20, _claim, _body.Gone);
        for (var run = 0; run < 3; run++)
            await _body.SendAsync(new byte[16 << 10]);
        _body.End();

        Assert.Equal((BodyEnd.Complete, 48 << 10), await running);
        Assert.Contains(256 << 10, socket.WokeAt);
        // Every packet wakes the reader only at the end.
        Assert.Equal(socket.WokeAt.Count - 1, socket.WokeAt.IndexOf(1));
    }

    [Fact]
    public async Task Asked_to_end_before_it_begins_it_still_takes_the_bytes_that_have_arrived()
    {
        _body.Deliver([1, 2]);
        Ask(BodyEnd.TakenOver);
        Assert.Equal((BodyEnd.TakenOver, 2), await RunAsync());
    }

    [Fact]
    public async Task A_broken_connection_is_a_disconnect()
    {
        var running = RunAsync();
        await _body.SendAsync(new byte[] { 1 });
        _body.Break();

        Assert.Equal((BodyEnd.Disconnected, 1), await running);
    }

    [Fact]
    public async Task A_whole_body_counts_as_whole_although_the_client_has_gone()
    {
        _body.Deliver([1]);
        _body.End();
        _body.Leave();

        Assert.Equal((BodyEnd.Complete, 1), await RunAsync());
    }

    [Fact]
    public async Task Ends_when_the_sink_wants_nothing_more()
    {
        _sink.Refuses = true;
        var running = RunAsync();
        await _body.SendAsync(new byte[] { 1 });

        Assert.Equal((BodyEnd.Refused, 1), await running);
    }

    [Fact]
    public async Task Exception_of_the_sink_comes_out_and_the_reader_stays_usable()
    {
        _sink.Throws = new InvalidOperationException("full");
        var running = RunAsync();
        await _body.SendAsync(new byte[] { 1 });

        Assert.Same(_sink.Throws, await Assert.ThrowsAsync<InvalidOperationException>(() => running));
        _body.End();
        Assert.True((await _body.Reader.ReadAsync()).IsCompleted);
    }

    // The deadline only ends a test that would hang.
    private Task<(BodyEnd End, long Bytes)> RunAsync(long limit = long.MaxValue) =>
        _pump.RunAsync(_body.Announce(null), _sink, limit, _claim, _body.Gone).WaitAsync(Eventually.Limit);

    private void Ask(BodyEnd why)
    {
        switch (why)
        {
            case BodyEnd.TakenOver:
                _claim.AskToStop();
                break;
            case BodyEnd.Stopping:
                _stopping.Signal();
                break;
            default:
                _body.Leave();
                break;
        }
    }

    private sealed class ResetReader(PipeReader inner) : PipeReader
    {
        private bool _reset;

        public void Reset() => _reset = true;

        public override void AdvanceTo(SequencePosition consumed) => Alive().AdvanceTo(consumed);

        public override void AdvanceTo(SequencePosition consumed, SequencePosition examined) => Alive().AdvanceTo(consumed, examined);

        public override void CancelPendingRead() => Alive().CancelPendingRead();

        public override void Complete(Exception? exception = null) => Alive().Complete(exception);

        public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default) => Alive()
            .ReadAsync(cancellationToken);

        public override bool TryRead(out ReadResult result) => Alive().TryRead(out result);

        private PipeReader Alive() => _reset ? throw new IOException("The client reset the request stream.") : inner;
    }

    private sealed class Sink : IBodySink
    {
        private readonly TaskCompletionSource _held = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private TaskCompletionSource? _gate;

        public List<byte> Bytes { get; } = [];

        public bool Refuses { get; set; }

        public TimeSpan? ReadTimeout { get; set; }

        public int Asked { get; private set; }

        public Exception? Throws { get; set; }

        public Action? OnWrite { get; set; }

        public Task Held => _held.Task;

        public void Hold() => _gate = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void LetGo() => _gate!.SetResult();

        public void Write(ReadOnlySpan<byte> bytes)
        {
            if (Throws is not null)
                throw Throws;
            Bytes.AddRange(bytes);
            OnWrite?.Invoke();
        }

        public async ValueTask<bool> AfterReadAsync()
        {
            Asked++;
            if (_gate is { } gate)
            {
                _held.TrySetResult();
                await gate.Task;
                _gate = null;
            }

            return !Refuses;
        }
    }
}
