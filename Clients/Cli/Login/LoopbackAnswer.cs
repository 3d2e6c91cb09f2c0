using System.Net;
using System.Net.Sockets;
using System.Text;

namespace ChunkUpload.Cli.Login;

/// <summary>Waits on this machine for the browser that brings the service's answer (RFC 8252).</summary>
internal sealed class LoopbackAnswer : IDisposable
{
    private const int LongestHead = 16 << 10;
    private const string Page = """
        <!doctype html><meta charset="utf-8"><title>ChunkUpload</title>
        <p>cu has the answer. You can close this page.</p>
        """;

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

    public LoopbackAnswer()
    {
        _listener.Start();
        Address = $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/";
    }

    public string Address { get; }

    /// <summary>The fields of the first request with this state; others, such as one for an icon, are answered and forgotten.</summary>
    public async Task<IReadOnlyDictionary<string, string>> WaitAsync(string state, CancellationToken stop)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var answer = new TaskCompletionSource<IReadOnlyDictionary<string, string>>(TaskCreationOptions.RunContinuationsAsynchronously);
        var accepting = AcceptAsync(state, answer, end.Token);
        try
        {
            return await await Task.WhenAny(answer.Task, accepting);
        }
        finally
        {
            await end.CancelAsync();
        }
    }

    // Browsers open connections in advance, on which nothing comes: none may hold up another.
    private async Task<IReadOnlyDictionary<string, string>> AcceptAsync(
        string state, TaskCompletionSource<IReadOnlyDictionary<string, string>> answer, CancellationToken end)
    {
        while (true)
            _ = AnswerAsync(await _listener.AcceptTcpClientAsync(end), state, answer, end);
    }

    private static async Task AnswerAsync(
        TcpClient connection, string state, TaskCompletionSource<IReadOnlyDictionary<string, string>> answer, CancellationToken end)
    {
        using (connection)
        {
            try
            {
                await using var stream = connection.GetStream();
                var fields = FieldsOf(await HeadAsync(stream, end));
                var isAnswer = fields.GetValueOrDefault("state") == state;
                await stream.WriteAsync(
                    Encoding.UTF8.GetBytes(
                        $"HTTP/1.1 {(isAnswer ? "200 OK" : "404 Not Found")}\r\nContent-Type: text/html; charset=utf-8\r\n"
                        + $"Content-Length: {Encoding.UTF8.GetByteCount(Page)}\r\nReferrer-Policy: no-referrer\r\n"
                        + $"Connection: close\r\n\r\n{Page}"),
                    end);
                if (isAnswer)
                    _ = answer.TrySetResult(fields);
            }
            catch (Exception failure) when (failure is IOException or OperationCanceledException)
            {
                // A browser that disconnects tries again.
            }
        }
    }

    public void Dispose() => _listener.Dispose();

    private static async Task<string> HeadAsync(NetworkStream stream, CancellationToken stop)
    {
        var head = new byte[LongestHead];
        var length = 0;
        while (length < head.Length && await stream.ReadAsync(head.AsMemory(length), stop) is > 0 and var read)
        {
            length += read;
            if (head.AsSpan(0, length).IndexOf("\r\n\r\n"u8) >= 0)
                break;
        }

        return Encoding.ASCII.GetString(head, 0, length);
    }

    private static Dictionary<string, string> FieldsOf(string head)
    {
        var fields = new Dictionary<string, string>(StringComparer.Ordinal);
        var target = head.Split('\r')[0].Split(' ') is ["GET", var asked, ..] && asked.Split('?') is [_, var query] ? query : "";
        foreach (var pair in target.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            if (pair.Split('=') is [var name, var value])
                fields[Uri.UnescapeDataString(name)] = Uri.UnescapeDataString(value);
        }

        return fields;
    }
}
