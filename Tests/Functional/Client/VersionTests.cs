using System.Net;
using ChunkUpload.Client;
using ChunkUpload.Tests.Functional.Api;
using ChunkUpload.Tests.Support;
using ChunkUpload.Wire;

namespace ChunkUpload.Tests.Functional.Client;

/// <summary>Client and service exchange their versions, and refuse unsupported ones.</summary>
[Collection(ClientCollection.Name)]
public sealed class VersionTests(ApiFixture fixture) : IDisposable
{
    private readonly ClientRig _rig = new();
    private readonly TestService _service = fixture.Service;

    public void Dispose() => _rig.Dispose();

    [Fact]
    public async Task The_first_request_alone_exchanges_them()
    {
        using var network = new Versions();
        var client = _rig.Client(_service.Address, _service.Key, network);
        for (var repeat = 0; repeat < 2; repeat++)
        {
            await foreach (var _ in client.ListAsync())
                break;
        }

        var own = ProgramVersions.Text(ProgramVersions.Own);
        Assert.Equal([(own, own), (null, null)], network.Seen);
    }

    [Theory]
    [InlineData("0.0.9", "client_not_supported")]
    [InlineData("latest", "invalid_header")]
    public async Task The_service_refuses_a_client_that_it_does_not_understand(string version, string code)
    {
        using var network = new Versions { Client = version };
        var failure = await Assert.ThrowsAsync<TransferException>(
            () => _rig.Client(_service.Address, _service.Key, network).DescribeAsync("x"));
        Assert.Equal((code, TransferFailure.Refused), (failure.Code, failure.Failure));
        Assert.Contains(
            code == "invalid_header" ? "1.4.0" : $"ChunkUpload {ProgramVersions.Text(ProgramVersions.Own)} and needs a client",
            failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_client_refuses_a_service_that_is_too_old()
    {
        using var network = new Versions { Service = "0.0.9" };
        var failure = await Assert.ThrowsAsync<TransferException>(
            () => _rig.Client(_service.Address, _service.Key, network).UploadFileAsync(_rig.File("a", 100)));
        Assert.Equal(("service_not_supported", TransferFailure.Refused), (failure.Code, failure.Failure));
        Assert.Contains("is ChunkUpload 0.0.9", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Other_clients_name_none_and_are_told_none()
    {
        using var answer = await _service.Client.GetAsync("/api/tree/");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.False(answer.Headers.Contains(ServiceHeaders.Version));
    }

    /// <summary>Looks at the versions under way, and replaces them.</summary>
    private sealed class Versions() : DelegatingHandler(new SocketsHttpHandler())
    {
        public string? Client { get; init; }

        public string? Service { get; init; }

        public List<(string? Client, string? Service)> Seen { get; } = [];

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var client = Take(request.Headers, Client);
            var answer = await base.SendAsync(request, cancellationToken);
            Seen.Add((client, Take(answer.Headers, Service)));
            return answer;
        }

        private static string? Take(System.Net.Http.Headers.HttpHeaders headers, string? other)
        {
            var named = headers.TryGetValues(ServiceHeaders.Version, out var values) ? values.Single() : null;
            if (named is null || other is null)
                return named;
            headers.Remove(ServiceHeaders.Version);
            headers.Add(ServiceHeaders.Version, other);
            return named;
        }
    }
}
