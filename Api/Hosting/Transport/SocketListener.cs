using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace ChunkUpload.Api.Hosting.Transport;

/// <summary>Accepts connections on one address and polls the open ones for clients that have disconnected.</summary>
internal sealed class SocketListener : IConnectionListener
{
    private const int Backlog = 512;
    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(100);

    private readonly ConcurrentDictionary<SocketConnection, bool> _open = new();
    private readonly BufferPool _pool;
    private readonly Socket _socket;
    private readonly ITimer _pollTimer;
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
            // The IPv6 wildcard address listens on IPv4 too, as in Kestrel.
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
        _pollTimer = time.CreateTimer(_ => PollConnections(), null, PollInterval, PollInterval);
    }

    public EndPoint EndPoint { get; }

    /// <returns>Null after the listener was unbound.</returns>
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
                // Out of descriptors or buffers: wait until other connections have ended.
                await Task.Delay(RetryDelay, _time, CancellationToken.None);
            }
            catch (SocketException)
            {
                // The client reset the connection before it was accepted.
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
        await _pollTimer.DisposeAsync();
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
            // The client reset the connection, or memory ran out. Swallow it: an exception here would end the accept loop.
            accepted.Dispose();
            return null;
        }
    }

    private void PollConnections()
    {
        // Enumerate pairs: the Keys property would copy all keys.
        foreach (var (connection, _) in _open)
            connection.CheckPeer();
    }
}
