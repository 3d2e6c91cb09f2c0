using System.Net;
using System.Net.Sockets;
using ChunkUpload.Api.Hosting.Transport;
using ChunkUpload.Infrastructure.Storage.Disk;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Unit.Hosting;

/// <summary>In which thread somebody goes on who has waited for a socket.</summary>
public sealed class SocketStreamTests : IDisposable
{
    // It ends a test that would hang; nothing is measured with it.
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(1);

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly TcpClient _client = new();
    private readonly Socket _server;

    public SocketStreamTests()
    {
        _listener.Start();
        _client.Connect((IPEndPoint)_listener.LocalEndpoint);
        _server = _listener.AcceptSocket();
    }

    public void Dispose()
    {
        _server.Dispose();
        _client.Dispose();
        _listener.Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_straight_socket_goes_on_in_the_thread_that_waits_for_all_of_them(bool straight)
    {
        // Of the runtime's own: where its switch is gone, this one says so.
        if (straight)
            SocketNews.Straighten(_server);
        var pool = _server.ReceiveAsync(new byte[1]).ContinueWith(
            _ => Thread.CurrentThread.IsThreadPoolThread, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        _client.GetStream().WriteByte(1);

        Assert.Equal(!straight, await pool.WaitAsync(Deadline));
    }

    [Fact]
    public async Task Whoever_has_waited_for_bytes_goes_on_in_the_pool()
    {
        SocketNews.Straighten(_server);
        var stream = new SocketStream(_server, PoolThreads.Instance, () => { });
        var pool = ReadAsync(stream);
        _client.GetStream().WriteByte(1);

        Assert.True(await pool.WaitAsync(Deadline));
    }

    [Fact]
    public async Task Whoever_has_waited_for_bytes_goes_on_in_a_thread_of_our_own_that_sleeps()
    {
        SocketNews.Straighten(_server);
        using var own = new IoThreads("own", 1);
        using var deadline = new CancellationTokenSource(Deadline);
        while (own.Asleep == 0)
            await Task.Delay(1, deadline.Token);
        var name = NameAsync(new SocketStream(_server, own, () => { }));
        _client.GetStream().WriteByte(1);

        Assert.Equal("own-0", await name.WaitAsync(Deadline));

        static async Task<string?> NameAsync(SocketStream stream)
        {
            _ = await stream.ReadAsync(new byte[1]).ConfigureAwait(false);
            return Thread.CurrentThread.Name;
        }
    }

    [Fact]
    public async Task Whoever_has_waited_in_vain_goes_on_in_the_pool()
    {
        SocketNews.Straighten(_server);
        var stream = new SocketStream(_server, PoolThreads.Instance, () => { });
        var pool = ReadAsync(stream);
        _client.Client.Close(0);

        Assert.True(await pool.WaitAsync(Deadline));
    }

    [Fact]
    public async Task Whoever_has_waited_for_room_goes_on_in_the_pool()
    {
        SocketNews.Straighten(_server);
        var stream = new SocketStream(_server, PoolThreads.Instance, () => { });
        var pool = WriteAsync(stream);
        var (bytes, all) = (new byte[1 << 20], 0L);
        while (all < 64 << 20)
            all += await _client.GetStream().ReadAsync(bytes).AsTask().WaitAsync(Deadline);

        Assert.True(await pool.WaitAsync(Deadline));
    }

    private static async Task<bool> ReadAsync(SocketStream stream)
    {
        try
        {
            _ = await stream.ReadAsync(new byte[1]).ConfigureAwait(false);
        }
        catch (IOException)
        {
            // Reset: what matters is where it is told.
        }

        return Thread.CurrentThread.IsThreadPoolThread;
    }

    private static async Task<bool> WriteAsync(SocketStream stream)
    {
        await stream.WriteAsync(new byte[64 << 20]).ConfigureAwait(false);
        return Thread.CurrentThread.IsThreadPoolThread;
    }
}
