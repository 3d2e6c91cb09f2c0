using System.Net;
using System.Net.Http.Headers;
using System.Text.RegularExpressions;
using ChunkUpload.Infrastructure.Jobs;
using ChunkUpload.Tests.Functional.Access;
using ChunkUpload.Tests.Functional.Api;
using ChunkUpload.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace ChunkUpload.Tests.Functional.Jobs;

public sealed class DashboardTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    private static readonly Uri Job = new("/api/jobs/trim-history", UriKind.Relative);

    [Theory]
    [InlineData("/hangfire")]
    [InlineData("/hangfire/recurring")]
    public async Task Is_shown_to_the_operator_only(string address)
    {
        await using var service = await TestService.StartAsync(postgres, TestService.WithJobs);
        using var anonymous = service.CreateClient(withKey: false);
        using var refused = await anonymous.GetAsync(new Uri(address, UriKind.Relative));
        using var shown = await service.Client.GetAsync(new Uri(address, UriKind.Relative));

        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        Assert.Equal(HttpStatusCode.OK, shown.StatusCode);
        Assert.Contains("ChunkUpload jobs", await shown.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        var policy = shown.Headers.GetValues("Content-Security-Policy").Single();
        Assert.StartsWith("default-src 'none'; script-src 'self';", policy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Its_addresses_begin_with_the_path_that_the_proxy_adds()
    {
        await using var service = await TestService.StartAsync(
            postgres, new Dictionary<string, string> { ["Proxy:PublicUrl"] = "https://files.example.org/upload" });
        using var shown = await service.Client.GetAsync(new Uri("/hangfire/recurring", UriKind.Relative));
        var page = await shown.Content.ReadAsStringAsync();

        Assert.Equal(HttpStatusCode.OK, shown.StatusCode);
        var addresses = Regex.Matches(page, "(?:href|src|data-url)=\"([^\"#]+)\"").Select(match => match.Groups[1].Value)
            .Where(address => address.StartsWith('/')).ToList();
        Assert.Contains("/upload/", addresses);
        Assert.Contains("/upload/hangfire/recurring", addresses);
        Assert.All(addresses, address => Assert.StartsWith("/upload/", address, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_GET_or_a_request_without_the_key_triggers_nothing()
    {
        await using var service = await TestService.StartAsync(postgres, TestService.WithJobs);
        var trigger = new Uri("/hangfire/recurring/trigger", UriKind.Relative);
        using var anonymous = service.CreateClient(withKey: false);
        using var get = new HttpRequestMessage(HttpMethod.Get, trigger)
        {
            Content = new FormUrlEncodedContent([KeyValuePair.Create("jobs[]", "trim-history")]),
        };
        using var byGet = await service.Client.SendAsync(get);
        using var withoutKey = await anonymous.PostAsync(
            trigger, new FormUrlEncodedContent([KeyValuePair.Create("jobs[]", "trim-history")]));

        Assert.Equal(HttpStatusCode.MethodNotAllowed, byGet.StatusCode);
        Assert.Equal(["POST"], byGet.Content.Headers.Allow);
        Assert.Equal(HttpStatusCode.Unauthorized, withoutKey.StatusCode);
        Assert.Contains("\"lastRun\":null", await service.Client.GetStringAsync(Job), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_job_that_cannot_exist_is_not_found()
    {
        await using var service = await TestService.StartAsync(postgres, TestService.WithJobs);
        using var browser = new BrowserClient(service);
        await browser.SignInAsync();
        using var details = await browser.SendAsync(HttpMethod.Get, "/hangfire/jobs/details/1234567");
        var token = Meta(await details.Content.ReadAsStringAsync(), "csrf-token");
        foreach (var address in new[] { "details/scrub-files", "details/99999999999999999999" })
        {
            using var unknown = await browser.SendAsync(HttpMethod.Get, $"/hangfire/jobs/{address}");
            Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);
        }

        foreach (var address in new[] { "actions/requeue/scrub-files", "actions/delete/-1", "enqueued/delete", "failed/requeue" })
            Assert.Equal(HttpStatusCode.NotFound, await PostAsync(browser, $"../jobs/{address}", token, "same-origin", "1", "scrub-files"));
        foreach (var name in new[] { "no-such-job", new string('a', 5000) })
            Assert.Equal(HttpStatusCode.NotFound, await PostAsync(browser, "trigger", token, "same-origin", name));
        foreach (var address in new[] { "enqueued/delete", "failed/requeue" })
            Assert.Equal(HttpStatusCode.NoContent, await PostAsync(browser, $"../jobs/{address}", token, "same-origin", "1234567"));
    }

    [Theory]
    [InlineData("multipart/form-data", "x")]
    [InlineData("multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"jobs[]\"\r\n\r\n1")]
    [InlineData("application/x-www-form-urlencoded", "jobs[]=a%00b")]
    [InlineData("application/x-www-form-urlencoded", "many")]
    [InlineData("application/x-www-form-urlencoded; charset=utf-7", "jobs[]=trim-history")]
    [InlineData("application/x-www-form-urlencoded", "long")]
    public async Task A_form_that_cannot_be_read_is_refused(string type, string form)
    {
        await using var service = await TestService.StartAsync(postgres, TestService.WithJobs);
        foreach (var address in new[] { "/hangfire/jobs/enqueued/delete", "/hangfire/recurring/trigger" })
        {
            using var content = new StringContent(form switch
            {
                "many" => string.Join('&', Enumerable.Range(0, 2000).Select(field => $"f{field}=1")),
                "long" => new string('k', 3000) + "=1",
                _ => form,
            });
            content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
            using var answer = await service.Client.PostAsync(new Uri(address, UriKind.Relative), content);
            await ApiClient.ProblemAsync(answer, HttpStatusCode.BadRequest, "bad_request");
        }
    }

    [Fact]
    public async Task A_key_triggers_without_a_token()
    {
        await using var service = await TestService.StartAsync(postgres, TestService.WithJobs);
        var trigger = new Uri("/hangfire/recurring/trigger", UriKind.Relative);
        using var triggered = await service.Client.PostAsync(
            trigger, new FormUrlEncodedContent([KeyValuePair.Create("jobs[]", "trim-history")]));
        using var withoutJobs = await service.Client.PostAsync(trigger, new FormUrlEncodedContent([]));

        Assert.Equal(HttpStatusCode.NoContent, triggered.StatusCode);
        var problem = await ApiClient.ProblemAsync(withoutJobs, HttpStatusCode.BadRequest, "bad_request");
        Assert.Contains("a part of it is malformed or missing", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_visitor_who_is_not_signed_in_goes_to_the_sign_in_page()
    {
        await using var service = await TestService.StartAsync(postgres, TestService.WithJobs);
        using var browser = new BrowserClient(service);
        using var answer = await browser.SendAsync(
            HttpMethod.Get, "/hangfire/recurring", change: request => request.Headers.Add("Accept", "text/html"));

        Assert.Equal(HttpStatusCode.Redirect, answer.StatusCode);
        Assert.Equal("/signin?return=%2Fhangfire%2Frecurring", answer.Headers.Location!.OriginalString);
    }

    [Fact]
    public async Task Its_own_pages_poll_and_trigger_by_cookie_and_pages_of_other_sites_do_not()
    {
        await using var service = await TestService.StartAsync(postgres, TestService.WithJobs);
        // Hangfire silently triggers nothing before the scheduler has stored the schedules.
        await service.Services.GetRequiredService<JobScheduler>().Ready;
        using var browser = new BrowserClient(service);
        await browser.SignInAsync();
        using var shown = await browser.SendAsync(HttpMethod.Get, "/hangfire/recurring");
        var page = await shown.Content.ReadAsStringAsync();
        Assert.Equal("X-CSRF-Token", Meta(page, "csrf-header"));
        var token = Meta(page, "csrf-token");

        Assert.Equal(HttpStatusCode.Forbidden, await PostAsync(browser, "trigger", token, "cross-site"));
        Assert.Equal(HttpStatusCode.Forbidden, await PostAsync(browser, "trigger", null, "same-origin"));
        Assert.Contains("\"lastRun\":null", await service.Client.GetStringAsync(Job), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NoContent, await PostAsync(browser, "trigger", token, "same-origin"));
        Assert.Equal(HttpStatusCode.OK, await PostAsync(browser, "../stats", token, "same-origin"));

        await Eventually.HoldsAsync(async () =>
            (await service.Client.GetStringAsync(Job)).Contains("\"succeeded\"", StringComparison.Ordinal));
    }

    private static string Meta(string page, string name) =>
        Regex.Match(page, $"<meta name=\"{name}\" content=\"([^\"]+)\"").Groups[1].Value;

    private static async Task<HttpStatusCode> PostAsync(
        BrowserClient browser, string action, string? token, string site, params string[] jobs)
    {
        using var answer = await browser.SendAsync(HttpMethod.Post, $"/hangfire/recurring/{action}", change: request =>
        {
            request.Headers.Add("Sec-Fetch-Site", site);
            if (token is not null)
                request.Headers.Add("X-CSRF-Token", token);
            request.Content = new FormUrlEncodedContent(
                (jobs is [] ? ["trim-history"] : jobs).Select(job => KeyValuePair.Create("jobs[]", job)));
        });
        return answer.StatusCode;
    }
}
