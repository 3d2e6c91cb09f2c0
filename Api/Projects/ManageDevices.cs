using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Projects;
using FluentValidation;

namespace ChunkUpload.Api.Projects;

/// <summary>Manages the devices of a user: agents add them; the user lists, renames and revokes them.</summary>
internal static class ManageDevices
{
    private const string Tag = "Devices";
    private const string One = ProjectRoutes.Devices + "/{id}";

    private const string Example = $$"""
        {"id":"{{ProjectRoutes.ExampleId}}","name":"Mara's laptop","platform":"linux","version":"0.1.0","fingerprint":null,"online":true,
         "created_at":"2026-01-15T09:30:00.000Z","last_seen_at":"2026-01-15T09:30:12.500Z","revoked_at":null}
        """;

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost(ProjectRoutes.Devices, AddAsync).RequireAuthorization(AccessPolicy.Projects).Document(AddDoc);
        routes.MapGet(ProjectRoutes.Devices, ListAsync).AlsoForHead().RequireAuthorization(AccessPolicy.Projects).Document(ListDoc);
        routes.MapPatch(One, RenameAsync).RequireAuthorization(AccessPolicy.Projects).Document(RenameDoc);
        routes.MapDelete(One, RevokeAsync).RequireAuthorization(AccessPolicy.Projects).Document(RevokeDoc);
    }

    private static async Task<IResult> AddAsync(
        HttpContext context, IValidator<NewDeviceBody> validator, IDeviceLedger devices, DevicePresence presence)
    {
        var read = await JsonBody.ReadAsync(context, ProjectJson.In.NewDeviceBody, validator, null, context.RequestAborted);
        if (read.Value is not { } body)
            return read.Refusal!;
        var caller = context.Caller();
        if (caller.ApiKey is not { } key || caller.User is not { } user)
        {
            return Refusal.Of(
                RequestError.NotPermitted, "A device is added with a key of its user, which acts as the user: run cu login on the device.");
        }

        var (device, isSame, isNew) = await devices.RegisterAsync(
            new ProjectDevice(Guid.NewGuid(), caller.Tenant, user, key, body.Name!)
            {
                Platform = body.Platform ?? "",
                Version = body.Version ?? "",
                Addresses = body.Addresses ?? [],
                Fingerprint = body.Fingerprint is { } hex ? Convert.FromHexString(hex) : null,
            },
            context.RequestAborted);
        presence.NoteFingerprint(key, isSame);
        if (!isSame)
        {
            return Refusal.Of(
                RequestError.NotYourDevice,
                "This key belongs to a device with another fingerprint. Bring back the key pair of that device, or sign in for a new key.");
        }

        presence.Note(key);
        return JsonAnswer.Of(
            ProjectDeviceView.Of(device, presence.Online([device])), ProjectJson.Out.ProjectDeviceView,
            isNew ? StatusCodes.Status201Created : StatusCodes.Status200OK);
    }

    private static async Task<IResult> ListAsync(HttpContext context, IDeviceLedger devices, DevicePresence presence)
    {
        var query = new QueryReader(context.Request.Query);
        if (query.Refusal is not null)
            return query.Refusal;
        var caller = context.Caller();
        var found = caller.User is { } user ? await devices.ListAsync(caller.Tenant, user, context.RequestAborted) : [];
        var online = presence.Online(found);
        return JsonAnswer.Of(
            new DevicesView([.. found.Select(device => ProjectDeviceView.Of(device, online))]), ProjectJson.Out.DevicesView);
    }

    private static async Task<IResult> RenameAsync(
        string id, HttpContext context, IValidator<DeviceChangeBody> validator, IDeviceLedger devices, DevicePresence presence)
    {
        var read = await JsonBody.ReadAsync(context, ProjectJson.In.DeviceChangeBody, validator, null, context.RequestAborted);
        if (read.Value is not { } body)
            return read.Refusal!;
        var caller = context.Caller();
        if (!Guid.TryParse(id, out var parsed) || caller.User is not { } user
            || !await devices.RenameAsync(caller.Tenant, user, parsed, body.Name!, context.RequestAborted))
            return Absent;
        var device = (await devices.ListAsync(caller.Tenant, user, context.RequestAborted)).FirstOrDefault(one => one.Id == parsed);
        return device is null
            ? Absent
            : JsonAnswer.Of(ProjectDeviceView.Of(device, presence.Online([device])), ProjectJson.Out.ProjectDeviceView);
    }

    private static async Task<IResult> RevokeAsync(string id, HttpContext context, IDeviceLedger devices)
    {
        var caller = context.Caller();
        return Guid.TryParse(id, out var parsed) && caller.User is { } user
            && await devices.RevokeAsync(caller.Tenant, user, parsed, context.RequestAborted)
            ? TypedResults.NoContent()
            : Absent;
    }

    private static Refusal Absent { get; } = Refusal.Of(
        RequestError.NoSuchDevice, "You have no device with this id. GET /api/devices lists them.");

    private static EndpointDoc AddDoc => new(
        Tag, "AddDevice", "Add the device of a key",
        "With the key of the user that the device's agent has. Sent again, it refreshes what the device tells about itself; its name and "
            + "fingerprint stay.")
    {
        Json = new(typeof(NewDeviceBody), """{"name":"Mara's laptop","platform":"linux","version":"0.1.0"}"""),
        Answers =
        [
            new(200, "The device, which was known.", typeof(ProjectDeviceView), Example),
            new(201, "The device, which is new.", typeof(ProjectDeviceView), Example),
        ],
        Errors = [RequestError.NotPermitted, RequestError.NotYourDevice],
    };

    private static EndpointDoc ListDoc => new(Tag, "ListDevices", "List your devices", "Also those that were revoked.")
    {
        Answers = [new(200, "The devices.", typeof(DevicesView), $$"""{"devices":[{{Example}}]}""")],
        Errors = [RequestError.InvalidParameter],
    };

    private static EndpointDoc RenameDoc => new(Tag, "RenameDevice", "Rename a device", "By its user.")
    {
        Json = new(typeof(DeviceChangeBody), """{"name":"Survey laptop"}"""),
        Answers = [new(200, "The device.", typeof(ProjectDeviceView), Example)],
        Errors = [RequestError.NoSuchDevice],
    };

    private static EndpointDoc RevokeDoc => new(
        Tag, "RevokeDevice", "Revoke a device",
        "By its user. The device's key ends with it; what it serves stays in the lists, and goes offline.")
    {
        Answers = [new(204, "It is revoked.")],
        Errors = [RequestError.NoSuchDevice],
    };
}
