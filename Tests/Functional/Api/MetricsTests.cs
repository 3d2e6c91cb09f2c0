using System.Net;
using System.Text.RegularExpressions;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Api;

[Collection(ApiCollection.Name)]
public sealed class MetricsTests(ApiFixture fixture, PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    [Fact]
    public async Task Metrics_are_shown_in_prometheus_text()
    {
        var api = fixture.Api;
        await api.FileAsync(ApiClient.Bytes(1234), "counted");
        var id = await api.CreateIdAsync(10);
        await api.PutOkAsync(id, 0, ApiClient.Bytes(5));
        using (var overlap = await api.PutAsync(id, 0, ApiClient.Bytes(5, seed: 3)))
            Assert.Equal(HttpStatusCode.Conflict, overlap.StatusCode);

        using var answer = await fixture.Service.Client.GetAsync(ApiClient.At("/metrics"));
        Assert.Equal("text/plain", answer.Content.Headers.ContentType!.MediaType);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.All(text.TrimEnd('\n').Split('\n'), line => Assert.Matches(
            """^(# (HELP|TYPE) [a-z_]+ .*|[a-z_]+(\{[a-z_]+="([^"\\]|\\.)*"(,[a-z_]+="([^"\\]|\\.)*")*\})?"""
                + " (-?[0-9.]+(E[+-]?[0-9]+)?|NaN|[+-]Inf))$",
            line));
        Assert.True(Value(text, """chunkupload_uploads_total{protocol="put",outcome="completed"}""") >= 1);
        Assert.True(Value(text, """chunkupload_uploads_total{protocol="session",outcome="created"}""") >= 1);
        Assert.True(Value(text, """chunkupload_received_bytes_total{protocol="put"}""") >= 1234);
        Assert.True(Value(text, """chunkupload_failures_total{code="overlap"}""") >= 1);
        const string chunks =
            """chunkupload_request_duration_seconds_count{method="PUT",route="/api/sessions/{id}/chunks/{offset}",status="201"}""";
        Assert.True(Value(text, chunks) >= 1);
        Assert.Contains("# TYPE chunkupload_request_duration_seconds histogram", text, StringComparison.Ordinal);
        Assert.Contains("chunkupload_fsync_duration_seconds_bucket", text, StringComparison.Ordinal);
        Assert.Contains("chunkupload_background_depth", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Metrics_show_what_operators_have_to_act_on()
    {
        var text = await fixture.Service.Client.GetStringAsync(ApiClient.At("/metrics"));
        Assert.Equal(1, Value(text, "chunkupload_ledger_reachable"));
        Assert.True(Value(text, "chunkupload_uploads_damaged") >= 0);
        Assert.Contains("# TYPE chunkupload_volume_degraded gauge", text, StringComparison.Ordinal);
    }

    /// <summary>A panel of a dashboard is empty where a counter has no series yet.</summary>
    [Fact]
    public async Task Sent_bytes_are_counted_from_zero()
    {
        await using var service = await TestService.StartAsync(postgres);
        Assert.Equal(0, Value(await service.Client.GetStringAsync(ApiClient.At("/metrics")), "chunkupload_sent_bytes_total"));
    }

    [Fact]
    public async Task Buckets_add_up()
    {
        await fixture.Api.CreateIdAsync(1);
        var text = await fixture.Service.Client.GetStringAsync(ApiClient.At("/metrics"));
        foreach (Match series in Regex.Matches(
            text, "^chunkupload_request_duration_seconds_count(\\{.*\\}) ([0-9]+)$", RegexOptions.Multiline))
        {
            var tags = series.Groups[1].Value[..^1];
            var buckets = Regex.Matches(
                text, $"^chunkupload_request_duration_seconds_bucket{Regex.Escape(tags)},le=\"[^\"]+\"}} ([0-9]+)$", RegexOptions.Multiline)
                .Select(bucket => long.Parse(bucket.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture)).ToList();
            Assert.True(buckets.Count > 10);
            Assert.Equal(buckets.Order(), buckets);
            Assert.Equal(series.Groups[2].Value, buckets[^1].ToString(System.Globalization.CultureInfo.InvariantCulture));
        }
    }

    private static double Value(string text, string series) =>
        double.Parse(text.Split('\n').Single(line => line.StartsWith(series + " ", StringComparison.Ordinal))[(series.Length + 1)..],
            System.Globalization.CultureInfo.InvariantCulture);
}
