using System.Net;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace ChunkUpload.Tests.Functional.Api;

/// <summary>HEAD answers wherever GET does, with the same headers and without a body.</summary>
[Collection(ApiCollection.Name)]
public sealed class HeadTests(ApiFixture fixture)
{
    // Headers that differ between two answers, or describe the message's framing.
    private static readonly string[] OfOneAnswer = ["Date", "X-Request-ID", "Transfer-Encoding"];

    [Fact]
    public void Every_address_that_takes_get_takes_head()
    {
        var methods = fixture.Service.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .GroupBy(endpoint => endpoint.RoutePattern.RawText!, endpoint =>
                endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? [])
            .ToDictionary(address => address.Key, address => address.SelectMany(each => each).ToList());
        Assert.All(methods.Where(address => address.Value.Contains("GET")), address => Assert.Single(address.Value, "HEAD"));
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/swagger/index.html")]
    [InlineData("/swagger/v1/swagger.json")]
    [InlineData("/health/live")]
    [InlineData("/api/sessions?limit=1&state=cancelled")]
    [InlineData("/api/files?limit=1&name=nothing-has-this-name")]
    [InlineData("/api/sessions/{id}/chunks")]
    [InlineData("/api/sessions/{id}/missing")]
    [InlineData("/api/files/{id}")]
    [InlineData("/api/files/{id}/content")]
    [InlineData("/api/jobs/nothing")]
    [InlineData("/api/nothing")]
    public async Task Head_has_the_headers_of_get_and_no_body(string path)
    {
        var id = await fixture.Api.CreateIdAsync(5);
        await fixture.Api.PutOkAsync(id, 0, "hello"u8.ToArray());
        using (var completed = await fixture.Api.CompleteAsync(id, new { sha256 = ApiClient.Hex("hello"u8) }))
            Assert.Equal(HttpStatusCode.OK, completed.StatusCode);
        var address = ApiClient.At(path.Replace("{id}", id, StringComparison.Ordinal));
        using var get = await fixture.Api.Http.GetAsync(address);
        using var head = await fixture.Api.Http.SendAsync(new HttpRequestMessage(HttpMethod.Head, address));

        Assert.Equal(get.StatusCode, head.StatusCode);
        Assert.Empty(await head.Content.ReadAsByteArrayAsync());
        // A refused HEAD has nothing to describe.
        if (get.IsSuccessStatusCode)
            Assert.Equal(HeadersOf(get), HeadersOf(head));
    }

    private static IEnumerable<string> HeadersOf(HttpResponseMessage answer) => answer.Headers.Concat(answer.Content.Headers)
        .Where(header => !OfOneAnswer.Contains(header.Key))
        .Select(header => $"{header.Key}: {string.Join(", ", header.Value)}").Order();
}
