using System.Net;
using Microsoft.AspNetCore.Connections;

namespace ChunkUpload.Api.Hosting.Transport;

/// <summary>
/// Sockets whose bytes are read by whoever wants them, into a block of his own, and not by a loop that hands them over a pipe: a body's
/// bytes go from the socket to hash and file on one thread, without a change of threads for each read, and nothing lies between the
/// socket and the reader that would be lost with the connection (E14).
/// </summary>
internal sealed class SocketTransport(BufferPool pool, TimeProvider time) : IConnectionListenerFactory
{
    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
        new(new SocketListener(endpoint, pool, time));
}
