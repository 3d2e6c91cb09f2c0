using System.Net;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Jobs;

[Collection(PostgresCollection.Name)]
public sealed class DashboardTests(PostgresFixture postgres)
{
    [Theory]
    [InlineData("/hangfire")]
    [InlineData("/hangfire/recurring")]
    public async Task Is_shown_to_the_operator_only(string address)
    {
        await using var service = await TestService.StartAsync(postgres);
        using var stranger = service.CreateClient(withKey: false);
        using var refused = await stranger.GetAsync(new Uri(address, UriKind.Relative));
        using var shown = await service.Client.GetAsync(new Uri(address, UriKind.Relative));

        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        Assert.Equal(HttpStatusCode.OK, shown.StatusCode);
        Assert.Contains("ChunkUpload jobs", await shown.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Changes_nothing_by_get_and_nothing_for_a_stranger()
    {
        await using var service = await TestService.StartAsync(postgres);
        var trigger = new Uri("/hangfire/recurring/trigger", UriKind.Relative);
        using var stranger = service.CreateClient(withKey: false);
        using var byGet = await service.Client.GetAsync(trigger);
        using var byStranger = await stranger.PostAsync(trigger, new FormUrlEncodedContent([KeyValuePair.Create("jobs[]", "trim-history")]));

        Assert.NotEqual(HttpStatusCode.OK, byGet.StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, byStranger.StatusCode);
        Assert.Contains("\"lastRun\":null", await service.Client.GetStringAsync(new Uri("/api/jobs/trim-history", UriKind.Relative)), StringComparison.Ordinal);
    }
}
