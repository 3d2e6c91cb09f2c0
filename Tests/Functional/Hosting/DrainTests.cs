using System.Net;
using ChunkUpload.Core.Hosting;
using ChunkUpload.Tests.Support;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace ChunkUpload.Tests.Functional.Hosting;

public sealed class DrainTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    [Fact]
    public async Task Lets_a_running_request_reach_its_checkpoint_and_answer_with_connection_close()
    {
        var entered = new TaskCompletionSource();
        await using var service = await TestService.StartAsync(postgres, replace: TestEndpoint.With(async context =>
        {
            entered.SetResult();
            var stopping = new TaskCompletionSource();
            await using var registration = context.RequestServices.GetRequiredService<StoppingSignal>().Token.Register(stopping.SetResult);
            await stopping.Task;
            await context.Response.WriteAsync("checkpoint");
        }));
        using var client = service.CreateClient();
        var request = client.GetAsync(new Uri("/anything", UriKind.Relative));
        await entered.Task;
        await service.StopAsync();

        using var answer = await request;
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("checkpoint", await answer.Content.ReadAsStringAsync());
        Assert.True(answer.Headers.ConnectionClose);
        await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync(new Uri("/anything", UriKind.Relative)));
        Assert.DoesNotContain(service.Log.All, line => line.StartsWith("Warning", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Cuts_a_request_that_does_not_end_in_the_time_it_has()
    {
        var entered = new TaskCompletionSource();
        var never = new TaskCompletionSource();
        await using var service = await TestService.StartAsync(
            postgres,
            new Dictionary<string, string> { ["Host:DrainTime"] = "0s" },
            TestEndpoint.With(async context =>
            {
                entered.SetResult();
                await never.Task.WaitAsync(context.RequestAborted);
            }));
        using var client = service.CreateClient();
        var request = client.GetAsync(new Uri("/anything", UriKind.Relative));
        await entered.Task;
        await service.StopAsync();

        await Assert.ThrowsAsync<HttpRequestException>(() => request);
        Assert.Contains(service.Log.All, line => line.StartsWith("Warning", StringComparison.Ordinal)
            && line.Contains("they are aborted", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Stops_the_steps_in_reverse_after_the_server()
    {
        var order = new List<string>();
        await using var service = await TestService.StartAsync(postgres, replace: services => services
            .AddSingleton<IStartStep>(new Step("late", StartOrder.Background + 1, order))
            .AddSingleton<IStartStep>(new Step("early", StartOrder.Database + 1, order)));
        await service.StopAsync();

        Assert.Equal(["start early", "start late", "stop late", "stop early"], order);
    }

    [Fact]
    public async Task Stops_what_had_started_when_a_step_refuses()
    {
        var order = new List<string>();
        var refused = await Assert.ThrowsAsync<StartRefusedException>(() => TestService.StartAsync(postgres, replace: services => services
            .AddSingleton<IStartStep>(new Step("early", StartOrder.Database + 1, order))
            .AddSingleton<IStartStep>(new Step("late", StartOrder.Background + 1, order, new StartRefusedException("No.")))));

        Assert.Equal("No.", refused.Message);
        Assert.Equal(["start early", "start late", "stop early"], order);
    }

    private sealed class Step(string name, int order, List<string> log, Exception? refusal = null) : IStartStep
    {
        public int Order => order;

        public string Name => name;

        public Task StartAsync(CancellationToken cancellationToken)
        {
            log.Add("start " + name);
            return refusal is null ? Task.CompletedTask : Task.FromException(refusal);
        }

        public Task StopAsync(CancellationToken cancellationToken)
        {
            log.Add("stop " + name);
            return Task.CompletedTask;
        }
    }
}
