using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using ChunkUpload.Core.Access;
using ChunkUpload.Tests.Support;
using Microsoft.AspNetCore.Http;

namespace ChunkUpload.Tests.Functional.Hosting;

public sealed class RequestLogTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Counts_the_bytes_of_both_bodies(bool byPipe)
    {
        await using var service = await TestService.StartAsync(postgres, replace: TestEndpoint.With(async context =>
        {
            context.Features.Set(new Caller("default", "somebody"));
            if (byPipe)
            {
                await context.Request.BodyReader.CopyToAsync(context.Response.BodyWriter);
            }
            else
            {
                await context.Request.Body.CopyToAsync(context.Response.Body);
            }

            await context.Response.BodyWriter.WriteAsync(Encoding.UTF8.GetBytes("and more"));
        }));
        var sent = Encoding.UTF8.GetBytes(new string('a', 300_000));
        using var answer = await service.Client.PutAsync(new Uri("/anything", UriKind.Relative), new ByteArrayContent(sent));
        Assert.Equal(new string('a', 300_000) + "and more", await answer.Content.ReadAsStringAsync());
        await service.StopAsync();

        var line = Assert.Single(service.Log.All, line => line.Contains("PUT (no route) 200", StringComparison.Ordinal));
        Assert.Contains("300000 bytes in, 300008 bytes out, somebody", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Counts_a_file_that_is_sent()
    {
        await using var service = await TestService.StartAsync(postgres, replace: TestEndpoint.With(context =>
            context.Response.SendFileAsync(typeof(RequestLogTests).Assembly.Location, 10, 5000)));
        var got = await service.Client.GetByteArrayAsync(new Uri("/anything", UriKind.Relative));
        Assert.Equal(5000, got.Length);
        await service.StopAsync();

        Assert.Single(service.Log.All, line => line.Contains("0 bytes in, 5000 bytes out", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Answers_500_and_logs_an_error_when_nothing_handles_an_exception()
    {
        await using var service =
            await TestService.StartAsync(postgres, replace: TestEndpoint.With(_ => throw new InvalidDataException("a bug")));
        using var answer = await service.Client.GetAsync(new Uri("/anything", UriKind.Relative));

        Assert.Equal(HttpStatusCode.InternalServerError, answer.StatusCode);
        Assert.DoesNotContain("a bug", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Contains(service.Log.All, line => line.StartsWith("Error", StringComparison.Ordinal)
            && line.Contains("a bug", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Cuts_an_answer_that_failed_half_way()
    {
        await using var service = await TestService.StartAsync(postgres, replace: TestEndpoint.With(async context =>
        {
            await context.Response.WriteAsync("half");
            await context.Response.BodyWriter.FlushAsync();
            throw new InvalidDataException("a bug");
        }));
        await Assert.ThrowsAsync<HttpRequestException>(() => service.Client.GetStringAsync(new Uri("/anything", UriKind.Relative)));
    }

    [Fact]
    public async Task Logs_no_fault_when_a_client_hangs_up()
    {
        var entered = new TaskCompletionSource();
        var left = new TaskCompletionSource();
        await using var service = await TestService.StartAsync(postgres, replace: TestEndpoint.With(async context =>
        {
            entered.SetResult();
            try
            {
                await context.Request.Body.CopyToAsync(Stream.Null, context.RequestAborted);
            }
            finally
            {
                left.SetResult();
            }
        }));
        using var connection = await RawConnection.OpenAsync(service.Address);
        await connection.SendAsync(
            $"PUT /anything HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {service.Key}\r\nContent-Length: 100\r\n\r\nabc");
        await entered.Task;
        connection.Reset();
        await left.Task;
        await service.StopAsync();

        // 400 if the server saw the end of the connection before the reset, as a body that is too short.
        Assert.Single(service.Log.All, line => Regex.IsMatch(line, @"PUT \(no route\) (499|400) "));
        Assert.DoesNotContain(service.Log.All, line => line.StartsWith("Error ChunkUpload.Api", StringComparison.Ordinal)
            || line.StartsWith("Warning ChunkUpload.Api", StringComparison.Ordinal)
            || line.StartsWith("Error Microsoft", StringComparison.Ordinal)
            || line.StartsWith("Warning Microsoft", StringComparison.Ordinal));
    }
}
