using System.Net;
using ChunkUpload.Client.Http;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Unit.Client;

public sealed class VersionChoiceTests : IDisposable
{
    private readonly ManualTime _time = new();
    private readonly HttpMessageInvoker _connections = new(new SocketsHttpHandler());

    public void Dispose() => _connections.Dispose();

    [Fact]
    public void Http3_is_asked_for_where_an_answer_has_named_it_and_rests_after_a_failure()
    {
        var choice = new VersionChoice(canQuic: true, _time);
        Assert.Equal(HttpVersion.Version11, Asked(choice, _connections));
        Answer(choice, HttpVersion.Version11, HttpVersion.Version11, "h2=\":443\"");
        Assert.Equal(HttpVersion.Version11, Asked(choice, _connections));
        Answer(choice, HttpVersion.Version11, HttpVersion.Version11, "h3=\":443\"; ma=86400");
        Assert.Equal(HttpVersion.Version30, Asked(choice, _connections));
        // Connections that know nothing of it would only find a third version.
        using var others = new HttpMessageInvoker(new SocketsHttpHandler());
        Assert.Equal(HttpVersion.Version11, Asked(choice, others));

        Answer(choice, HttpVersion.Version30, HttpVersion.Version20, null);
        Assert.Equal(HttpVersion.Version11, Asked(choice, _connections));
        _time.Advance(TimeSpan.FromMinutes(11));
        Assert.Equal(HttpVersion.Version30, Asked(choice, _connections));
        Answer(choice, HttpVersion.Version30, HttpVersion.Version30, null);
        Assert.Equal(HttpVersion.Version30, Asked(choice, _connections));
    }

    [Fact]
    public void Without_quic_nothing_is_tried()
    {
        var choice = new VersionChoice(canQuic: false, _time);
        Answer(choice, HttpVersion.Version11, HttpVersion.Version11, "h3=\":443\"");
        Assert.Equal(HttpVersion.Version11, Asked(choice, _connections));
        Assert.False(VersionChoice.CanQuic(new Uri("http://files.example/")));
    }

    private static Version Asked(VersionChoice choice, HttpMessageInvoker connections)
    {
        using var request = new HttpRequestMessage();
        choice.Ask(request, connections);
        Assert.Equal(HttpVersionPolicy.RequestVersionOrLower, request.VersionPolicy);
        return request.Version;
    }

    private void Answer(VersionChoice choice, Version asked, Version came, string? services)
    {
        using var answer = new HttpResponseMessage { Version = came };
        if (services is not null)
            answer.Headers.Add("Alt-Svc", services);
        choice.Take(answer, asked, _connections);
    }
}
