using System.IO.Pipelines;
using System.Net.Sockets;
using ChunkUpload.Core.Storage;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace ChunkUpload.Api.Hosting;

/// <summary>
/// A connection feature for HTTP/1.1: the connection's output, used to send interim responses, for which ASP.NET Core has no API. Write to
/// it only before the answer has started and never during a read of the body, because Kestrel writes 100 Continue there.
/// </summary>
internal sealed class ConnectionOutput(PipeWriter writer, Socket? socket)
{
    public PipeWriter Writer => writer;

    /// <summary>
    /// The target to which file bytes can be sent without a copy: the socket, unless a layer encrypts or frames the bytes. Null where one
    /// does.
    /// </summary>
    public static IFileTarget? FilesOf(HttpContext context) =>
        context.Request.Protocol is "HTTP/1.1" or "HTTP/1.0" && context.Response.ContentLength is not null
            ? context.Features.Get<ConnectionOutput>()?.Writer as IFileTarget
            : null;

    /// <summary>
    /// Whether a few hundred bytes can be sent without waiting. TCP reports room while a third of its send buffer is free; a client that
    /// sends and reads nothing fills it in the end.
    /// </summary>
    public bool HasRoom
    {
        get
        {
            try
            {
                return socket?.Poll(0, SelectMode.SelectWrite) != false;
            }
            catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
            {
                return false;
            }
        }
    }

    /// <summary>Installs the feature. Call it after UseHttps: bytes written below TLS would leave unencrypted.</summary>
    public static void Use(ListenOptions listen) => listen.Use(next => connection =>
    {
        connection.Features.Set(
            new ConnectionOutput(connection.Transport.Output, connection.Features.Get<IConnectionSocketFeature>()?.Socket));
        return next(connection);
    });
}
