using System.Net;
using System.Net.Http.Json;
using ChunkUpload.Core.Access;
using ChunkUpload.Tests.Functional.Api;
using ChunkUpload.Tests.Functional.Projects;
using ChunkUpload.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace ChunkUpload.Tests.Browser;

/// <summary>The pages of projects and devices in Chromium, while a device of the person's own serves a folder.</summary>
public sealed class ProjectPagesTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    [ConsoleTheory]
    [InlineData("projectWide")]
    [ReleaseData("projectNarrow")]
    public async Task A_person_makes_a_project_and_sees_what_a_device_serves(string scenario)
    {
        await using var service = await ConsoleRig.ServiceAsync(postgres);
        using var asked = await service.Client.PostAsJsonAsync(ApiClient.At("/api/users"), new { name = "mara", role = "member" });
        var made = await ApiClient.JsonAsync(asked, HttpStatusCode.Created);
        var link = made.GetProperty("invitation").GetProperty("link").GetString()!.Split("#link=")[1];
        using var browser = ConsoleRig.Start(scenario, service.Address, service.Key, link);
        var project = Guid.Parse((await browser.LineAsync())![^36..]);
        var user = await service.Services.GetRequiredService<IPeopleLedger>()
            .FindUserAsync(Guid.Parse(made.GetProperty("user").GetProperty("id").GetString()!), default);
        var device = await DeviceRig.OfAsync(service, user!, "Mara's laptop");
        await device.ServeAsync(project, "/line-14");
        await device.TellAsync(
            project, [DeviceRig.Upsert("/line-14/raw/line-14_sonar.xtf", 5000)], new { id = Guid.NewGuid(), last = true });
        await browser.GoOnAsync();
        var ines = await DeviceRig.StartAsync(service, "Ines");
        var rig = new AskRig(service, device, ines, project);
        await rig.JoinAsync(ines);
        const string path = "/line-14/raw/line-14_sonar.xtf";
        await ConsoleRig.AtAsync(browser, "asked", () => rig.AskAsync(path: path));
        await ConsoleRig.AtAsync(browser, "sent", async () =>
        {
            var own = await rig.ListAsync(device, "mine=asked");
            await rig.ClaimAsync(own.Single());
            await rig.SendAllAsync(await rig.SessionAsync(own.Single(), 5000), ApiClient.Bytes(5000));
        });
        await ConsoleRig.AtAsync(
            browser, "changed", () => device.TellAsync(project, [DeviceRig.Upsert("/line-14/raw/second.xtf", 50)]));
        var (result, _) = await ConsoleRig.EndAsync(browser);
        Assert.Equal("Mara's laptop", result.GetProperty("where").GetString());
    }

    [ConsoleTheory]
    [ReleaseData("projectRulesWide")]
    [InlineData("projectRulesNarrow")]
    public async Task An_administrator_forbids_and_allows_the_straight_way(string scenario)
    {
        await using var service = await ConsoleRig.ServiceAsync(postgres);
        using var browser = ConsoleRig.Start(scenario, service.Address, service.Key);
        await ConsoleRig.AtAsync(browser, "forbidden", async () => Assert.False(await IsAllowedAsync(service)));
        _ = await ConsoleRig.EndAsync(browser);
        Assert.True(await IsAllowedAsync(service));
    }

    private static async Task<bool> IsAllowedAsync(TestService service)
    {
        using var answer = await service.Client.GetAsync(ApiClient.At("/api/project-rules"));
        return (await ApiClient.JsonAsync(answer, HttpStatusCode.OK)).GetProperty("straight").GetBoolean();
    }
}
