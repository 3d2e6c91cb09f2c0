using System.Net;
using Microsoft.AspNetCore.Connections;

namespace ChunkUpload.Api.Hosting.Transport;

/// <summary>
/// A transport without a receive loop: the reader of a body receives from the socket into its own block. The bytes go from socket to hash
/// and file on one thread, and no pipe between socket and reader loses bytes when the connection breaks.
/// </summary>
internal sealed class SocketTransport(BufferPool pool, TimeProvider time) : IConnectionListenerFactory
{
    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
        new(new SocketListener(endpoint, pool, time));
}
