using ChunkUpload.Emulators.Control;

namespace ChunkUpload.Emulators.Graph;

/// <summary>Everything that the emulator's parts share: the drives, the addresses, the clock and the switches.</summary>
internal sealed class GraphState
{
    private readonly EmulatorContext _context;
    private readonly IReadOnlyDictionary<string, GraphDriveKind> _kinds;

    public GraphState(EmulatorContext context, IReadOnlyDictionary<string, GraphDriveKind> kinds)
    {
        (_context, _kinds) = (context, kinds);
        Downloads = new GraphDownloads(this);
        Uploads = new GraphUploads(this);
        Throttle = new GraphThrottle(context.Clock);
        View = new GraphView(this);
        Drives = NewDrives();
    }

    public EmulatorContext Context => _context;

    public EmulatorClock Clock => _context.Clock;

    public Switches Switches => _context.Switches;

    public GraphDownloads Downloads { get; }

    public GraphUploads Uploads { get; }

    public GraphThrottle Throttle { get; }

    public GraphView View { get; }

    /// <summary>One for each account, then the document library of a site that all accounts use.</summary>
    public IReadOnlyList<GraphDrive> Drives { get; private set; }

    public GraphDrive Library => Drives[^1];

    public string ApiBase => $"{_context.Addresses[0]}/v1.0";

    /// <summary>Uploads and downloads have a host of their own, where an access token is refused.</summary>
    public string ContentBase => _context.Addresses[1];

    public int PageSize => (int)Switches.Number(GraphSwitches.PageSize);

    public GraphDrive? DriveOf(string email) => Drives.FirstOrDefault(drive => drive.Owner == email);

    public GraphDrive? FindDrive(string id) =>
        Drives.FirstOrDefault(drive => GraphIds.Normalize(drive.Kind, drive.Id) == GraphIds.Normalize(drive.Kind, id));

    public int NumberOf(GraphDrive drive) => Drives.TakeWhile(other => other != drive).Count();

    public void Reset()
    {
        Uploads.Reset();
        Throttle.Reset();
        Drives = NewDrives();
    }

    private List<GraphDrive> NewDrives()
    {
        var drives = new List<GraphDrive>();
        foreach (var account in _context.Options.Accounts)
        {
            var kind = _kinds.GetValueOrDefault(account.Email, GraphDriveKind.Business);
            drives.Add(new GraphDrive(kind, drives.Count + 1, account.Email, account.Name, Clock));
        }

        drives.Add(new GraphDrive(GraphDriveKind.DocumentLibrary, drives.Count + 1, "team@example.test", "Team", Clock));
        return drives;
    }
}
