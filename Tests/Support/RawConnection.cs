using System.Net.Sockets;
using System.Text;

namespace ChunkUpload.Tests.Support;

/// <summary>A TCP connection for requests that no well-behaved client would send.</summary>
internal sealed class RawConnection : IDisposable
{
    private readonly TcpClient _client;
    private readonly NetworkStream _stream;

    private RawConnection(TcpClient client) => (_client, _stream) = (client, client.GetStream());

    public static async Task<RawConnection> OpenAsync(Uri address)
    {
        var client = new TcpClient();
        await client.ConnectAsync(address.Host, address.Port);
        return new RawConnection(client);
    }

    /// <summary>
    /// Sends the request and reads until the server closes the connection; the request must have <c>Connection: close</c>.
    /// </summary>
    public static async Task<string> AnswerAsync(Uri address, string request)
    {
        using var connection = await OpenAsync(address);
        await connection.SendAsync(request);
        return await connection.ReadToEndAsync();
    }

    public async Task SendAsync(string text) =>
        await _stream.WriteAsync(Encoding.Latin1.GetBytes(text));

    public async Task SendAsync(ReadOnlyMemory<byte> bytes) => await _stream.WriteAsync(bytes);

    /// <summary>The next status line with its headers.</summary>
    public async Task<string> ReadHeadAsync()
    {
        var head = new StringBuilder();
        var one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            if (await _stream.ReadAsync(one).AsTask().WaitAsync(Eventually.Limit) == 0)
                break;
            head.Append((char)one[0]);
        }

        return head.ToString();
    }

    /// <summary>The next answer with its body, which must have a length. The connection stays open.</summary>
    public async Task<string> ReadAnswerAsync()
    {
        var head = await ReadHeadAsync();
        var line = head.Split("\r\n").FirstOrDefault(line => line.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase))
            ?? "Content-Length: 0";
        return head + await ReadBodyAsync(int.Parse(line["Content-Length:".Length..], System.Globalization.CultureInfo.InvariantCulture));
    }

    public async Task<string> ReadBodyAsync(int length)
    {
        var body = new byte[length];
        await _stream.ReadExactlyAsync(body).AsTask().WaitAsync(Eventually.Limit);
        return Encoding.Latin1.GetString(body);
    }

    public async Task<string> ReadToEndAsync()
    {
        using var received = new MemoryStream();
        try
        {
            await _stream.CopyToAsync(received).WaitAsync(Eventually.Limit);
        }
        catch (IOException)
        {
            // A reset after the answer counts as a close.
        }

        return Encoding.Latin1.GetString(received.ToArray());
    }

    /// <summary>Closes the sending half; answers still arrive.</summary>
    public void EndSending() => _client.Client.Shutdown(SocketShutdown.Send);

    /// <summary>Resets the connection, as a client does that crashes or loses its network.</summary>
    public void Reset()
    {
        _client.LingerState = new LingerOption(enable: true, seconds: 0);
        _client.Close();
    }

    public void Dispose() => _client.Dispose();
}
