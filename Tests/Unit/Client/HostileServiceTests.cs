using System.Net;
using System.Net.Sockets;
using System.Text;
using ChunkUpload.Client;
using ChunkUpload.Tests.Support;
using UploadOptions = ChunkUpload.Client.UploadOptions;
using UploadProtocol = ChunkUpload.Client.UploadProtocol;

namespace ChunkUpload.Tests.Unit.Client;

/// <summary>Services and networks that answer with anything: each call ends with a class, and none with another exception.</summary>
public sealed class HostileServiceTests : IDisposable
{
    private const string Id = "0123456789abcdef0123456789abcdef";

    private static readonly RetryRule Once = new(1, TimeSpan.FromMilliseconds(1), 1, TimeSpan.FromMilliseconds(1), null);

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string> Bodies =>
    [
        "null", "[]", "5", "\"text\"", "{}", """{"items":null,"folder":null}""", """{"items":[null]}""", """{"items":{}}""",
        """{"items":"x"}""",
        """{"items":[{}],"nextCursor":"a"}""", """{"folder":{"id":null}}""",
        """{"folder":{"id":"x","kind":"folder","name":"","path":""}}""",
        $$"""{"items":[{"id":"{{Id}}","kind":"file","name":"a","path":"zzz/a","size":-1,"modifiedAt":"x"}]}""",
        $$"""{"items":[{"id":"{{Id}}","kind":"file","name":"a","path":"a","size":99999999999999999999999999}]}""",
        $$"""{"items":[{"id":"{{Id}}","kind":"file","name":"a","path":"a","size":1,"mode":"rwx"}]}""",
        $$"""{"items":[{"id":"../../../etc","kind":"file","name":"a","path":"a","size":1}]}""",
        """{"items":[{"id":5,"kind":7,"name":[],"path":{}}]}""",
        $$"""{"id":"{{Id}}","state":"open","receivedBytes":-5,"missing":[null]}""",
        $$"""{"id":"{{Id}}","state":"open","receivedBytes":0,"missing":[{"offset":-1,"length":9223372036854775807}]}""",
        $$"""{"id":"{{Id}}","state":"open","receivedBytes":0,"missing":[{"offset":9223372036854775807,"length":9223372036854775807}]}""",
        $$"""{"id":"{{Id}}","state":null,"receivedBytes":0}""", $$"""{"id":"{{Id}}","state":"open","receivedBytes":1e400}""",
        """{"link":null,"url":null,"key":null,"secret":null}""",
        string.Concat(Enumerable.Repeat("[", 500)), "{\"items\":[" + new string(' ', 100_000),
    ];

    [Theory]
    [MemberData(nameof(Bodies))]
    public async Task Every_call_ends_with_a_class_whatever_the_answer_is(string body)
    {
        using var client = Client(_ => Json(body));
        var file = Path.Combine(_folder.Path, "a.bin");
        await File.WriteAllBytesAsync(file, new byte[3 << 20]);
        await File.WriteAllBytesAsync(file + ".small", new byte[10]);
        var calls = new Func<Task>[]
        {
            () => client.DescribeAsync("a"), () => client.DescribeIdAsync(Id), () => AllAsync(client.ListAsync("zz", recursive: true)),
            () => AllAsync(client.ListLinksAsync()), () => AllAsync(client.ListKeysAsync()), () => client.MoveAsync("a", "b"),
            () => client.AddKeyAsync(new NewKey { Name = "a", Rights = ["read"] }), () => client.AddLinkAsync(new NewLink { Path = "a" }),
            () => client.UploadFileAsync(file, new UploadOptions { Path = "a" }), () => client.UploadFileAsync(file),
            () => client.UploadFileAsync(file, new UploadOptions { Path = "a", Protocol = UploadProtocol.Tus }),
            () => client.UploadFileAsync(file + ".small", new UploadOptions { Path = "a" }),
            () => client.UploadFolderAsync(_folder.Path, "zz"), () => client.DownloadFolderAsync("zz", Path.Combine(_folder.Path, "t")),
            () => client.DownloadFileAsync("a", Path.Combine(_folder.Path, "copy")), () => AllAsync(client.CompareAsync(file, "a")),
        };
        foreach (var call in calls)
        {
            // Some of these answers are good ones for some of the calls.
            var failure = await Record.ExceptionAsync(call);
            if (failure is null)
                continue;
            Assert.True(failure is TransferException { Failure: not TransferFailure.Unexpected }, $"{body}: {failure}");
            Assert.DoesNotContain('\n', failure.Message);
        }
    }

    [Theory]
    [InlineData("same")]
    [InlineData("empty")]
    public async Task A_list_without_an_end_ends(string how)
    {
        var asked = 0;
        using var client = Client(_ =>
        {
            Assert.True(asked++ < 1000, "It goes on asking.");
            return Json(how == "same"
                ? $$"""{"items":[{"id":"{{Id}}","kind":"file","name":"a","path":"a","size":1}],"nextCursor":"again"}"""
                : $$"""{"items":[],"nextCursor":"{{asked}}"}""");
        });
        var failure = await Assert.ThrowsAsync<TransferException>(() => AllAsync(client.ListAsync()));
        Assert.Equal(TransferFailure.InvalidAnswer, failure.Failure);
    }

    [Fact]
    public async Task A_wait_that_is_longer_than_a_timer_takes_is_shortened()
    {
        using var client = Client(_ =>
        {
            var answer = Json("""{"code":"overloaded","retryable":true,"retryAfterMs":9223372036854775807}""");
            answer.StatusCode = HttpStatusCode.ServiceUnavailable;
            return answer;
        });
        var failure = await Assert.ThrowsAsync<TransferException>(() => client.DescribeAsync("a"));
        Assert.Equal((TransferFailure.Server, TimeSpan.FromHours(1)), (failure.Failure, failure.RetryAfter));
    }

    [Theory]
    [InlineData(typeof(SocketException), TransferFailure.Network)]
    [InlineData(typeof(HttpRequestException), TransferFailure.Network)]
    [InlineData(typeof(IOException), TransferFailure.Network)]
    [InlineData(typeof(NullReferenceException), TransferFailure.Unexpected)]
    [InlineData(typeof(OverflowException), TransferFailure.Unexpected)]
    public async Task Exceptions_of_the_connection_have_a_class(Type type, TransferFailure expected)
    {
        using var client = Client(_ => throw (Exception)Activator.CreateInstance(type)!);
        foreach (var call in (Func<Task>[])
            [() => client.DescribeAsync("a"), () => AllAsync(client.ListLinksAsync()), () => client.MoveAsync("a", "b"),
                () => client.DownloadFileAsync("a", Path.Combine(_folder.Path, "copy"))])
        {
            var failure = await Assert.ThrowsAsync<TransferException>(call);
            Assert.Equal(expected, failure.Failure);
        }
    }

    [Fact]
    public async Task A_connection_that_is_reset_as_soon_as_it_is_made_is_a_failure_of_the_network()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var stop = new CancellationTokenSource();
        var resetting = ResetAsync(listener, stop.Token);
        using var client = new ChunkUploadClient(Options(new Uri($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}")));
        for (var repeat = 0; repeat < 100; repeat++)
        {
            var failure = await Assert.ThrowsAsync<TransferException>(() => client.DescribeAsync("a"));
            Assert.Equal(TransferFailure.Network, failure.Failure);
        }

        await stop.CancelAsync();
        await resetting;
    }

    [Fact]
    public async Task A_client_that_was_disposed_says_so_instead_of_asking_on()
    {
        var client = new ChunkUploadClient(Options(new Uri("http://127.0.0.1:1")));
        client.Dispose();
        var failure = await Assert.ThrowsAsync<TransferException>(() => client.DescribeAsync("a"));
        Assert.Equal(TransferFailure.Refused, failure.Failure);
    }

    private static async Task ResetAsync(TcpListener listener, CancellationToken stop)
    {
        try
        {
            while (true)
            {
                using var socket = await listener.AcceptSocketAsync(stop);
                // Closed at once, with a reset instead of an end.
                socket.LingerState = new LingerOption(enable: true, seconds: 0);
            }
        }
        catch (OperationCanceledException)
        {
        }
    }

    private static async Task AllAsync<T>(IAsyncEnumerable<T> items)
    {
        await foreach (var _ in items)
        {
        }
    }

    private static HttpResponseMessage Json(string body) =>
        new(HttpStatusCode.OK) { Content = new StringContent(body, Encoding.UTF8, "application/json") };

    private ChunkUploadClientOptions Options(Uri service) => new()
    {
        Service = service,
        Key = "key",
        StateDirectory = Path.Combine(_folder.Path, "state"),
        NearFile = long.MaxValue,
        Retry = new RetryPolicy { Network = Once, Unreachable = Once, Server = Once with { Attempts = 0 }, Checksum = Once },
    };

    private ChunkUploadClient Client(Func<HttpRequestMessage, HttpResponseMessage> answer) => new(
        Options(new Uri("http://service.example")), new HttpClient(new Canned(answer)) { Timeout = Timeout.InfiniteTimeSpan });

    private sealed class Canned(Func<HttpRequestMessage, HttpResponseMessage> answer) : HttpMessageHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (request.Content is { } content)
                await content.CopyToAsync(Stream.Null, cancellationToken);
            return answer(request);
        }
    }
}
