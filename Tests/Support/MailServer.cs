using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace ChunkUpload.Tests.Support;

/// <summary>A mail server on a free loopback port that keeps what it gets: enough of SMTP for one client at a time.</summary>
internal sealed class MailServer : IAsyncDisposable
{
    public const string User = "uploads";
    public const string Password = "canary-mail-password";

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentQueue<ReceivedMail> _received = new();
    private readonly Task _serving;
    private int _refusals;

    private MailServer()
    {
        _listener.Start();
        _serving = ServeAsync();
    }

    public IReadOnlyList<ReceivedMail> Received => [.. _received];

    public static MailServer Start() => new();

    /// <summary>Rejects this number of the next mails temporarily.</summary>
    public void RefuseNext(int mails) => Volatile.Write(ref _refusals, mails);

    /// <summary>The settings of a service that mails with this server.</summary>
    public Dictionary<string, string> Settings(params (string Key, string Value)[] more)
    {
        var settings = new Dictionary<string, string>
        {
            ["Mail:Host"] = "127.0.0.1",
            ["Mail:Port"] = $"{((IPEndPoint)_listener.LocalEndpoint).Port}",
            ["Mail:Tls"] = "None",
            ["Mail:From"] = "uploads@example.org",
            ["Mail:User"] = User,
            ["Mail:Password"] = Password,
            ["Proxy:PublicUrl"] = "https://files.example.org",
        };
        foreach (var (key, value) in more)
            settings[key] = value;
        return settings;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _serving;
        _stop.Dispose();
    }

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                using var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                try
                {
                    await TalkAsync(client.GetStream());
                }
                catch (IOException)
                {
                    // The client hung up.
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException)
        {
            // The test has ended.
        }
    }

    private async Task TalkAsync(NetworkStream stream)
    {
        using var reader = new StreamReader(stream, Encoding.UTF8, leaveOpen: true);
        await SayAsync("220 test");
        var (signedIn, to) = (false, "");
        while (await reader.ReadLineAsync(_stop.Token) is { } line)
        {
            var verb = line.Split(' ')[0].ToUpperInvariant();
            switch (verb)
            {
                case "EHLO":
                    await SayAsync("250-test\r\n250 AUTH PLAIN");
                    break;
                case "AUTH":
                    signedIn = line.Split(' ') is [_, "PLAIN", var secret]
                        && Encoding.UTF8.GetString(Convert.FromBase64String(secret)) == $"\0{User}\0{Password}";
                    await SayAsync(signedIn ? "235 ok" : "535 no");
                    break;
                case "MAIL" when !signedIn:
                    await SayAsync("530 sign in");
                    break;
                case "MAIL" when Interlocked.Decrement(ref _refusals) >= 0:
                    await SayAsync("451 later");
                    break;
                case "RCPT":
                    to = line[(line.IndexOf('<', StringComparison.Ordinal) + 1)..line.IndexOf('>', StringComparison.Ordinal)];
                    await SayAsync("250 ok");
                    break;
                case "DATA":
                    await SayAsync("354 go on");
                    var text = new StringBuilder();
                    while (await reader.ReadLineAsync(_stop.Token) is { } part && part != ".")
                        text.Append(part).Append('\n');
                    _received.Enqueue(new ReceivedMail(to, text.ToString()));
                    await SayAsync("250 kept");
                    break;
                case "QUIT":
                    await SayAsync("221 bye");
                    return;
                default:
                    await SayAsync("250 ok");
                    break;
            }
        }

        ValueTask SayAsync(string answer) => stream.WriteAsync(Encoding.ASCII.GetBytes(answer + "\r\n"), _stop.Token);
    }
}

/// <param name="Text">Headers and body.</param>
internal sealed record ReceivedMail(string To, string Text);
