using System.Globalization;

namespace ChunkUpload.Emulators.Drive;

/// <summary>The files of <c>--demo</c>: what a small office has in its Drive, with what makes transfers difficult.</summary>
internal static class DemoTree
{
    private const string Shared = "1demoBudgetFolderOfAnnForEverybody";

    public static IReadOnlyList<DriveSeedBody> Bodies(IReadOnlyList<string> accounts, DateTimeOffset now)
    {
        var first = new DriveSeedBody { Account = accounts[0], Items = Mine(now), Drives = [Team(now)] };
        if (accounts.Count < 2)
            return [first];
        var second = new DriveSeedBody
        {
            Account = accounts[1],
            Items =
            [
                Folder("Site plans", now,
                    File("North wing.pdf", 4_300_000, now.AddDays(-9)),
                    File("South wing.pdf", 3_900_000, now.AddDays(-9))) with
                {
                    Permissions = new Dictionary<string, string> { [accounts[0]] = "reader" },
                },
            ],
        };
        return [first, second];
    }

    private static DriveSeedItem[] Mine(DateTimeOffset now) =>
    [
        Folder("Photos", now,
            Folder("2025 Lake", now, [.. Photos("DSC_", 24, now.AddMonths(-15))]),
            Folder("2026 Wedding", now,
                [.. Photos("IMG_", 36, now.AddMonths(-3)), File("Ceremony.mp4", 180_000_000, now.AddMonths(-3))])),
        Folder("Projects", now,
            Folder("Harbour bridge", now,
                File("Survey points.csv", 2_400_000, now.AddDays(-40)),
                File("Drone scan.zip", 96_000_000, now.AddDays(-38)),
                Document("Kick-off notes", "document", now.AddDays(-41)),
                Document("Cost plan", "spreadsheet", now.AddDays(-12)),
                Document("Pitch", "presentation", now.AddDays(-30)),
                // Drive refuses to export more than 10 MB.
                Document("Inspection book with pictures", "document", now.AddDays(-6)) with { ExportBytes = 24_000_000 }),
            // Two files with one name, which Drive allows.
            Folder("Old", now, File("offer.pdf", 320_000, now.AddYears(-2)), File("offer.pdf", 344_000, now.AddYears(-1)))),
        Folder("Budget", now, Document("Budget 2026", "spreadsheet", now.AddDays(-2)), File("Receipts.zip", 12_500_000, now.AddDays(-3)))
            with { Id = Shared },
        new DriveSeedItem { Name = "Budget (shortcut)", Target = Shared, Modified = now.AddDays(-2) },
        new DriveSeedItem { Name = "Lost shortcut", Target = "1demoNothingHasThisId", TargetMimeType = "application/pdf" },
        new DriveSeedItem { Name = "Read me.txt", Text = "These files are invented by the Drive emulator.\n", Modified = now.AddDays(-1) },
        new DriveSeedItem { Name = "Empty.txt", Text = "", Modified = now.AddDays(-1) },
        File("Ünïcode – naïve “quotes” 日本.txt", 2_048, now.AddDays(-5)),
        File("Draft.pdf", 800_000, now.AddDays(-20)) with { Trashed = true },
    ];

    private static DriveSeedDrive Team(DateTimeOffset now) => new()
    {
        Name = "Engineering",
        Items =
        [
            Folder("Releases", now,
                File("installer-4.2.bin", 64_000_000, now.AddDays(-60)),
                File("installer-4.3.bin", 66_000_000, now.AddDays(-8))),
            Folder("Handbook", now,
                Document("On call", "document", now.AddDays(-90)),
                Document("Architecture", "drawing", now.AddDays(-70))),
        ],
    };

    private static DriveSeedItem Folder(string name, DateTimeOffset now, params DriveSeedItem[] items) =>
        new() { Name = name, Items = items, Modified = now.AddDays(-1) };

    private static DriveSeedItem File(string name, long size, DateTimeOffset modified) =>
        new() { Name = name, Size = size, Modified = modified };

    private static DriveSeedItem Document(string name, string kind, DateTimeOffset modified) =>
        new() { Name = name, Document = kind, Modified = modified };

    private static IEnumerable<DriveSeedItem> Photos(string prefix, int count, DateTimeOffset from) =>
        Enumerable.Range(1, count).Select(number =>
        File(
            string.Create(CultureInfo.InvariantCulture, $"{prefix}{number:D4}.jpg"),
            700_000 + (number * 7919L * 37 % 2_600_000),
            from.AddMinutes(number * 11)));
}
