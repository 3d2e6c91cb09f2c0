using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using ChunkUpload.Core.Checks;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Infrastructure.Checks;

/// <summary>
/// Sends the bytes to clamd with its command INSTREAM: blocks with a length prefix, and an empty one at the end. The response is one line:
/// <c>stream: OK</c>, or <c>stream: NAME FOUND</c>.
/// </summary>
internal sealed class ClamdChecker(IOptions<CheckOptions> options) : IUploadChecker
{
    private const string Name = "clamd";

    private const int MostAnswer = 4096;

    private const string Found = " FOUND";

    private static readonly byte[] Instream = "zINSTREAM\0"u8.ToArray();

    public async Task<CheckVerdict> CheckAsync(Upload upload, CheckedContent content, CancellationToken cancellationToken)
    {
        try
        {
            using var socket = await ConnectAsync(options.Value.Clamd, cancellationToken);
            await using var stream = new NetworkStream(socket);
            try
            {
                await SendAsync(stream, content, cancellationToken);
            }
            catch (IOException)
            {
                // clamd stops reading at its own limit (StreamMaxLength) and reports that in its response.
            }

            return Read(await AnswerAsync(stream, cancellationToken));
        }
        catch (Exception reason) when (reason is SocketException or IOException)
        {
            return CheckVerdict.Unreachable(Name, reason.Message);
        }
    }

    private static async Task<Socket> ConnectAsync(string address, CancellationToken cancellationToken)
    {
        if (address.StartsWith('/'))
        {
            var local = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            return await ConnectedAsync(local, () => local.ConnectAsync(new UnixDomainSocketEndPoint(address), cancellationToken));
        }

        var where = new Uri("tcp://" + address);
        var remote = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        return await ConnectedAsync(remote, () => remote.ConnectAsync(where.DnsSafeHost, where.Port, cancellationToken));
    }

    private static async Task<Socket> ConnectedAsync(Socket socket, Func<ValueTask> connect)
    {
        try
        {
            await connect();
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static async Task SendAsync(NetworkStream stream, CheckedContent content, CancellationToken cancellationToken)
    {
        var length = new byte[sizeof(int)];
        await stream.WriteAsync(Instream, cancellationToken);
        await content.CopyToAsync(
            async (block, stop) =>
            {
                BinaryPrimitives.WriteInt32BigEndian(length, block.Length);
                await stream.WriteAsync(length, stop);
                await stream.WriteAsync(block, stop);
            },
            cancellationToken);
        BinaryPrimitives.WriteInt32BigEndian(length, 0);
        await stream.WriteAsync(length, cancellationToken);
    }

    private static async Task<string> AnswerAsync(NetworkStream stream, CancellationToken cancellationToken)
    {
        var bytes = new byte[MostAnswer];
        var read = 0;
        while (read < bytes.Length && Array.IndexOf(bytes, (byte)0, 0, read) < 0)
        {
            var got = await stream.ReadAsync(bytes.AsMemory(read), cancellationToken);
            if (got == 0)
                break;
            read += got;
        }

        return Encoding.UTF8.GetString(bytes, 0, read).TrimEnd('\0', '\n');
    }

    private static CheckVerdict Read(string answer)
    {
        const string from = "stream: ";
        var verdict = answer.StartsWith(from, StringComparison.Ordinal) ? answer[from.Length..] : "";
        if (verdict == "OK")
            return CheckVerdict.Accepted;
        return verdict.EndsWith(Found, StringComparison.Ordinal)
            ? CheckVerdict.Found(verdict[..^Found.Length])
            : CheckVerdict.Unclear(Name, answer);
    }
}
