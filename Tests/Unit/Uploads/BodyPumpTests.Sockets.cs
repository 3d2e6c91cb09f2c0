namespace ChunkUpload.Tests.Unit.Uploads;

/// <summary>Bytes that are still in the socket's buffer when a request is asked to end.</summary>
public sealed partial class BodyPumpTests
{
    [Fact]
    public async Task Passes_on_the_bytes_in_the_socket_before_it_ends()
    {
        var socket = new Socket();
        var running = _pump.RunAsync(_body.Announce(100) with { ReceiveControl = socket }, _sink, 100, _claim, _body.Gone);
        await _body.SendAsync(new byte[] { 1 });
        // They arrive one after the other, and the reader has not been woken for them yet.
        socket.OnAsked = () =>
        {
            if (socket.Asked > 3)
                return false;
            _body.Deliver([(byte)(socket.Asked + 1)]);
            return true;
        };
        Ask(BodyEnd.TakenOver);

        Assert.Equal((BodyEnd.TakenOver, 4), await running);
        Assert.Equal([1, 2, 3, 4], _sink.Bytes);
    }

    [Fact]
    public async Task Passes_on_all_bytes_in_the_socket_but_not_an_endless_stream_of_new_ones()
    {
        var socket = new Socket { Held = 12 << 20 };
        var running = _pump.RunAsync(_body.Announce(1 << 30) with { ReceiveControl = socket }, _sink, 1 << 30, _claim, _body.Gone);
        socket.OnAsked = () =>
        {
            _body.Deliver(new byte[1 << 20]);
            return true;
        };
        Ask(BodyEnd.TakenOver);

        var (end, bytes) = await running;

        Assert.Equal(BodyEnd.TakenOver, end);
        Assert.InRange(bytes, socket.Held, 2 * socket.Held);
    }

    [Fact]
    public async Task Drains_the_socket_only_while_a_newer_request_waits()
    {
        var socket = new Socket { Held = 12 << 20 };
        var running = _pump.RunAsync(_body.Announce(1 << 30) with { ReceiveControl = socket }, _sink, 1 << 30, _claim, _body.Gone);
        socket.OnAsked = () =>
        {
            _time.Advance(_options.TakeoverWait / 4);
            _body.Deliver(new byte[1 << 20]);
            return true;
        };
        Ask(BodyEnd.TakenOver);

        var (end, bytes) = await running;

        Assert.Equal(BodyEnd.TakenOver, end);
        Assert.InRange(bytes, 1 << 20, 4 << 20);
    }

    private sealed class Socket : IReceiveControl
    {
        public Func<bool>? OnAsked { get; set; }

        /// <summary>How many bytes wait in the socket while <see cref="OnAsked"/> returns true.</summary>
        public int Held { get; set; } = 1;

        public int Asked { get; private set; }

        public List<int> WokeAt { get; } = [];

        public int Waiting
        {
            get
            {
                Asked++;
                return OnAsked?.Invoke() is true ? Held : 0;
            }
        }

        public void WakeAt(int bytes) => WokeAt.Add(bytes);

        public void SetTarget(long fileOffset, long remaining)
        {
        }
    }
}
