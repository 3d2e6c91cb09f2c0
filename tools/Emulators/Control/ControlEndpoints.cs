using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace ChunkUpload.Emulators.Control;

/// <summary>The addresses below <c>/_control</c>, on every listener and without authorization: an emulator listens on loopback.</summary>
internal static class ControlEndpoints
{
    public static void Map(WebApplication app, Emulator emulator, EmulatorContext context)
    {
        var control = app.MapGroup("/_control").AddEndpointFilter(async (call, next) =>
        {
            try
            {
                return await next(call);
            }
            catch (ControlException exception)
            {
                return Results.BadRequest(new { error = exception.Message });
            }
        });

        control.MapGet("/", () => new
        {
            emulator = emulator.Name,
            addresses = context.Addresses,
            accounts = context.Options.Accounts,
            now = context.Clock.GetUtcNow(),
            faults = context.Faults.All.Count(fault => !fault.IsUsedUp),
            requests = context.Journal.Entries.Count,
        });
        MapFaults(control, emulator, context);

        control.MapPost("/tick", (TickBody body) =>
        {
            context.Clock.Advance(TimeSpan.FromSeconds(body.Seconds));
            return new { now = context.Clock.GetUtcNow() };
        });
        control.MapGet("/journal", (long? after) => context.Journal.Entries.Where(entry => entry.Number > (after ?? 0)));
        control.MapDelete("/journal", context.Journal.Reset);

        control.MapGet("/switches", () => context.Switches.All);
        control.MapPost("/switches", (Dictionary<string, JsonElement> values) =>
        {
            foreach (var (name, value) in values)
                context.Switches.Set(name, value);
            return context.Switches.All;
        });

        control.MapPost("/seed", async (JsonElement tree, CancellationToken cancellationToken) =>
            Results.Ok(await emulator.SeedAsync(tree, cancellationToken)));
        control.MapPost("/reset", async (CancellationToken cancellationToken) =>
        {
            await EmulatorHost.ResetAsync(emulator, context, cancellationToken);
            return Results.NoContent();
        });
    }

    private static void MapFaults(IEndpointRouteBuilder control, Emulator emulator, EmulatorContext context)
    {
        control.MapGet("/fault", () => context.Faults.All.Select(Show));
        control.MapGet("/fault/{id:int}", (int id) => context.Faults.Find(id) is { } fault ? Results.Ok(Show(fault)) : Results.NotFound());
        control.MapPost("/fault", async (FaultBody body) =>
        {
            if (body.Match is null && FaultList.IsOfState(body.Action.Kind))
            {
                await StateActions.ApplyAsync(emulator, context, body.Action);
                return Results.NoContent();
            }

            return Results.Ok(Show(context.Faults.Add(body.Match ?? new FaultMatch { Times = 0 }, body.Action)));
        });
        control.MapPost("/fault/{id:int}/release", (int id) =>
        {
            context.Faults.Find(id)?.Release();
            return Results.NoContent();
        });
        control.MapDelete("/fault/{id:int}", (int id) => context.Faults.Remove(id));
        control.MapDelete("/fault", context.Faults.Reset);
    }

    private static object Show(Fault fault) =>
        new { id = fault.Id, match = fault.Match, action = fault.Action, hits = fault.Hits, usedUp = fault.IsUsedUp };

    internal sealed record FaultBody(FaultMatch? Match, FaultAction Action);

    internal sealed record TickBody(double Seconds);
}
