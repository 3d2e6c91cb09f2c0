using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace ChunkUpload.Api.Hosting.Transport;

/// <summary>Accepts connections of one address, and looks now and then for those whose client has gone.</summary>
internal sealed class SocketListener : IConnectionListener
{
    private const int Backlog = 512;
    private static readonly TimeSpan Round = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly ConcurrentDictionary<SocketConnection, bool> _open = new();
    private readonly BufferPool _pool;
    private readonly Socket _socket;
    private readonly ITimer _watch;
    private readonly TimeProvider _time;
    private readonly Action<SocketConnection> _onClosed;

    public SocketListener(EndPoint address, BufferPool pool, TimeProvider time)
    {
        (_pool, _time) = (pool, time);
        _onClosed = closed => _open.TryRemove(closed, out _);
        _socket = address is UnixDomainSocketEndPoint
            ? new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Unspecified)
            : new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            // Any address of IPv6 means any address.
            if (address is IPEndPoint ip && ip.Address.Equals(IPAddress.IPv6Any))
                _socket.DualMode = true;
            _socket.Bind(address);
            _socket.Listen(Backlog);
        }
        catch (SocketException taken) when (taken.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            _socket.Dispose();
            throw new AddressInUseException(taken.Message, taken);
        }
        catch
        {
            _socket.Dispose();
            throw;
        }

        EndPoint = _socket.LocalEndPoint ?? address;
        _watch = time.CreateTimer(_ => Look(), null, Round, Round);
    }

    public EndPoint EndPoint { get; }

    /// <returns>Null once nothing is listened to any more.</returns>
    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        while (true)
        {
            try
            {
                var accepted = await _socket.AcceptAsync(cancellationToken);
                if (Connect(accepted) is { } connection)
                    return connection;
            }
            catch (ObjectDisposedException)
            {
                return null;
            }
            catch (SocketException ended) when (ended.SocketErrorCode == SocketError.OperationAborted)
            {
                return null;
            }
            catch (SocketException full) when (full.SocketErrorCode is SocketError.TooManyOpenSockets or SocketError.NoBufferSpaceAvailable)
            {
                // Until others have ended.
                await Task.Delay(Pause, _time, CancellationToken.None);
            }
            catch (SocketException)
            {
                // Reset before it was accepted.
            }
        }
    }

    public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        _socket.Dispose();
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        _socket.Dispose();
        await _watch.DisposeAsync();
    }

    private SocketConnection? Connect(Socket accepted)
    {
        try
        {
            if (accepted.LocalEndPoint is IPEndPoint)
                accepted.NoDelay = true;
            var connection = new SocketConnection(accepted, _pool, _onClosed);
            _open[connection] = true;
            return connection;
        }
        catch (Exception)
        {
            // Reset meanwhile, or no memory for one more. Nobody would accept any others if it went further.
            accepted.Dispose();
            return null;
        }
    }

    private void Look()
    {
        // Not over the keys: those would be copied.
        foreach (var (connection, _) in _open)
            connection.Look();
    }
}
