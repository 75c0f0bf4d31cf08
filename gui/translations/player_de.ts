<?xml version='1.0' encoding='utf-8'?>
<TS version="2.1" language="de" sourcelanguage="en">
<context>
    <name>Run</name>
    <message>
        <source>%1 cannot be opened: %2.</source>
        <translation>%1 lässt sich nicht öffnen: %2.</translation>
    </message>
    <message>
        <source>result.json beside the trace: %1</source>
        <translation>result.json neben der Spur: %1</translation>
    </message>
    <message>
        <source>result.json beside the trace is of another run (%1, seed %2)</source>
        <translation>result.json neben der Spur gehört zu einem anderen Lauf (%1, Seed %2)</translation>
    </message>
    <message>
        <source>%1 · seed %2</source>
        <translation>%1 · Seed %2</translation>
    </message>
    <message>
        <source>no result.json lies beside the trace</source>
        <translation>neben der Spur liegt kein result.json</translation>
    </message>
    <message>
        <source>This trace is of format %1; this player knows format 1. %2 records of %3 kinds are shown as they stand.</source>
        <translation>Diese Spur hat Format %1; dieser Player kennt Format 1. %2 Einträge von %3 Arten werden gezeigt, wie sie dastehen.</translation>
    </message>
    <message>
        <source>The trace stops at %1 without its last line. %2 complete records were kept.</source>
        <translation>Die Spur bricht bei %1 ohne ihre letzte Zeile ab. %2 vollständige Einträge sind erhalten.</translation>
    </message>
    <message>
        <source>A line that was being written was left out.</source>
        <translation>Eine Zeile, die gerade geschrieben wurde, fehlt.</translation>
    </message>
    <message numerus="yes">
        <source>%n line(s) of the trace could not be taken as they are.</source>
        <translation>
            <numerusform>%n Zeile der Spur ließ sich nicht übernehmen.</numerusform>
            <numerusform>%n Zeilen der Spur ließen sich nicht übernehmen.</numerusform>
        </translation>
    </message>
    <message>
        <source>The first: line %1: %2.</source>
        <translation>Die erste: Zeile %1: %2.</translation>
    </message>
</context>
<context>
    <name>Theme</name>
    <message>
        <source>in service</source>
        <translation>in Betrieb</translation>
    </message>
    <message>
        <source>active</source>
        <translation>aktiv</translation>
    </message>
    <message>
        <source>standby</source>
        <translation>Reserve</translation>
    </message>
    <message>
        <source>taking over</source>
        <translation>übernimmt</translation>
    </message>
    <message>
        <source>degraded</source>
        <translation>gestört</translation>
    </message>
    <message>
        <source>failed</source>
        <translation>ausgefallen</translation>
    </message>
    <message>
        <source>unknown</source>
        <translation>unbekannt</translation>
    </message>
    <message>
        <source>no power</source>
        <translation>kein Strom</translation>
    </message>
    <message>
        <source>crashed</source>
        <translation>abgestürzt</translation>
    </message>
    <message>
        <source>frozen</source>
        <translation>eingefroren</translation>
    </message>
    <message>
        <source>not booted</source>
        <translation>nicht gestartet</translation>
    </message>
    <message>
        <source>booting</source>
        <translation>startet</translation>
    </message>
    <message>
        <source>no daemon</source>
        <translation>kein Daemon</translation>
    </message>
    <message>
        <source>group failed</source>
        <translation>Gruppe fehlgeschlagen</translation>
    </message>
    <message>
        <source>releasing</source>
        <translation>gibt ab</translation>
    </message>
    <message>
        <source>no carrier</source>
        <translation>kein Träger</translation>
    </message>
    <message>
        <source>service hangs</source>
        <translation>Dienst hängt</translation>
    </message>
    <message>
        <source>2 owners</source>
        <translation>2 Besitzer</translation>
    </message>
    <message>
        <source>peer silent</source>
        <translation>Partner schweigt</translation>
    </message>
    <message>
        <source>not fed</source>
        <translation>nicht versorgt</translation>
    </message>
    <message>
        <source>not transmitting</source>
        <translation>sendet nicht</translation>
    </message>
    <message>
        <source>no D-channel</source>
        <translation>kein D-Kanal</translation>
    </message>
    <message>
        <source>line alarm</source>
        <translation>Leitungsalarm</translation>
    </message>
    <message>
        <source>impaired</source>
        <translation>beeinträchtigt</translation>
    </message>
    <message>
        <source>%1 · %2</source>
        <translation>%1 · %2</translation>
    </message>
    <message>
        <source>detect</source>
        <translation>detect</translation>
    </message>
    <message>
        <source>decide</source>
        <translation>decide</translation>
    </message>
    <message>
        <source>fence</source>
        <translation>fence</translation>
    </message>
    <message>
        <source>address</source>
        <translation>address</translation>
    </message>
    <message>
        <source>announce</source>
        <translation>announce</translation>
    </message>
    <message>
        <source>route</source>
        <translation>route</translation>
    </message>
    <message>
        <source>bridge</source>
        <translation>bridge</translation>
    </message>
    <message>
        <source>service</source>
        <translation>service</translation>
    </message>
    <message>
        <source>trunk</source>
        <translation>trunk</translation>
    </message>
    <message>
        <source>register</source>
        <translation>register</translation>
    </message>
    <message>
        <source>call</source>
        <translation>call</translation>
    </message>
    <message>
        <source>faster</source>
        <translation>schneller</translation>
    </message>
    <message>
        <source>in target</source>
        <translation>im Ziel</translation>
    </message>
    <message>
        <source>too slow</source>
        <translation>zu langsam</translation>
    </message>
    <message>
        <source>no interruption</source>
        <translation>keine Unterbrechung</translation>
    </message>
    <message>
        <source>no takeover</source>
        <translation>keine Übernahme</translation>
    </message>
    <message>
        <source>%1, two owners</source>
        <translation>%1, zwei Besitzer</translation>
    </message>
</context>
<context>
    <name>TopologyView</name>
    <message>
        <source>telco</source>
        <translation>Amt</translation>
    </message>
    <message>
        <source>foneBRIDGE</source>
        <translation>foneBRIDGE</translation>
    </message>
    <message>
        <source>channel bank</source>
        <translation>Kanalbank</translation>
    </message>
    <message>
        <source>UPS</source>
        <translation>USV</translation>
    </message>
</context>
<context>
    <name>gui::ComparePage</name>
    <message>
        <source>differs</source>
        <translation>anders</translation>
    </message>
    <message>
        <source>longer</source>
        <translation>länger</translation>
    </message>
    <message>
        <source>shorter</source>
        <translation>kürzer</translation>
    </message>
    <message>
        <source>more</source>
        <translation>mehr</translation>
    </message>
    <message>
        <source>fewer</source>
        <translation>weniger</translation>
    </message>
    <message>
        <source>Open A…</source>
        <translation>A öffnen …</translation>
    </message>
    <message>
        <source>Open B…</source>
        <translation>B öffnen …</translation>
    </message>
    <message>
        <source>Play both</source>
        <translation>Beide abspielen</translation>
    </message>
    <message>
        <source>First difference</source>
        <translation>Erster Unterschied</translation>
    </message>
    <message>
        <source>Open run A</source>
        <translation>Lauf A öffnen</translation>
    </message>
    <message>
        <source>Open run B</source>
        <translation>Lauf B öffnen</translation>
    </message>
    <message>
        <source>Go to the first difference</source>
        <translation>Zum ersten Unterschied</translation>
    </message>
    <message>
        <source>Time since the fault</source>
        <translation>Zeit seit dem Fehler</translation>
    </message>
    <message>
        <source>What differs</source>
        <translation>Was sich unterscheidet</translation>
    </message>
    <message>
        <source>Takeover phases of both runs</source>
        <translation>Übernahmephasen beider Läufe</translation>
    </message>
    <message>
        <source>Topology of run A</source>
        <translation>Topologie von Lauf A</translation>
    </message>
    <message>
        <source>Topology of run B</source>
        <translation>Topologie von Lauf B</translation>
    </message>
    <message>
        <source>Facts of run A</source>
        <translation>Lage in Lauf A</translation>
    </message>
    <message>
        <source>Facts of run B</source>
        <translation>Lage in Lauf B</translation>
    </message>
    <message>
        <source>what</source>
        <translation>was</translation>
    </message>
    <message>
        <source>A</source>
        <translation>A</translation>
    </message>
    <message>
        <source>B</source>
        <translation>B</translation>
    </message>
    <message>
        <source>B against A</source>
        <translation>B gegen A</translation>
    </message>
    <message>
        <source>Pause</source>
        <translation>Pause</translation>
    </message>
    <message>
        <source>fault %1</source>
        <translation>Fehler %1</translation>
    </message>
    <message>
        <source>%1: no run is open</source>
        <translation>%1: kein Lauf geöffnet</translation>
    </message>
    <message>
        <source>%1: %2 · %3</source>
        <translation>%1: %2 · %3</translation>
    </message>
    <message>
        <source>These are different scenarios: %1 and %2.</source>
        <translation>Das sind verschiedene Szenarien: %1 und %2.</translation>
    </message>
    <message>
        <source>The scenario or its files differ between the two runs.</source>
        <translation>Das Szenario oder seine Dateien unterscheiden sich zwischen den Läufen.</translation>
    </message>
    <message>
        <source>The seeds differ (%1 and %2): part of every difference is chance.</source>
        <translation>Die Seeds sind verschieden (%1 und %2): ein Teil jedes Unterschieds ist Zufall.</translation>
    </message>
    <message>
        <source>The daemons differ: %1 and %2.</source>
        <translation>Die Daemons sind verschieden: %1 und %2.</translation>
    </message>
    <message>
        <source>The simulators differ: %1 and %2.</source>
        <translation>Die Simulatoren sind verschieden: %1 und %2.</translation>
    </message>
    <message>
        <source>Nobody was cut off in either run, or their results are missing.</source>
        <translation>In keinem Lauf war jemand abgeschnitten, oder die Ergebnisse fehlen.</translation>
    </message>
    <message>
        <source>Open two runs to compare them: the same scenario with one thing changed, or with another daemon.</source>
        <translation>Zwei Läufe zum Vergleichen öffnen: dasselbe Szenario mit einer Änderung oder mit einem anderen Daemon.</translation>
    </message>
    <message>
        <source>results</source>
        <translation>Ergebnisse</translation>
    </message>
    <message>
        <source>ended</source>
        <translation>zu Ende</translation>
    </message>
    <message>
        <source>first record that differs</source>
        <translation>erster Eintrag, der anders ist</translation>
    </message>
    <message>
        <source>= the traces say the same</source>
        <translation>= die Spuren sagen dasselbe</translation>
    </message>
</context>
<context>
    <name>gui::EventLogModel</name>
    <message>
        <source>time</source>
        <translation>Zeit</translation>
    </message>
    <message>
        <source>Δ</source>
        <translation>Δ</translation>
    </message>
    <message>
        <source>source</source>
        <translation>Quelle</translation>
    </message>
    <message>
        <source>event</source>
        <translation>Ereignis</translation>
    </message>
    <message>
        <source>detail</source>
        <translation>Einzelheiten</translation>
    </message>
</context>
<context>
    <name>gui::EventLogPanel</name>
    <message>
        <source>frames</source>
        <translation>Rahmen</translation>
    </message>
    <message>
        <source>probe calls</source>
        <translation>Probeanrufe</translation>
    </message>
    <message>
        <source>Event log</source>
        <translation>Ereignisse</translation>
    </message>
    <message>
        <source>List every frame on every link, too</source>
        <translation>Auch jeden Rahmen auf jeder Leitung auflisten</translation>
    </message>
    <message>
        <source>List every answered probe call, too</source>
        <translation>Auch jeden beantworteten Probeanruf auflisten</translation>
    </message>
    <message>
        <source>No run is open.</source>
        <translation>Kein Lauf geöffnet.</translation>
    </message>
    <message>
        <source>%1 of %2 records</source>
        <translation>%1 von %2 Einträgen</translation>
    </message>
    <message>
        <source>0 of %1 records match. &lt;a href='clear'&gt;Clear filter&lt;/a&gt;</source>
        <translation>0 von %1 Einträgen passen. &lt;a href='clear'&gt;Filter löschen&lt;/a&gt;</translation>
    </message>
    <message>
        <source>The filter cannot be understood: %1. &lt;a href='clear'&gt;Clear filter&lt;/a&gt;</source>
        <translation>Der Filter ist unverständlich: %1. &lt;a href='clear'&gt;Filter löschen&lt;/a&gt;</translation>
    </message>
</context>
<context>
    <name>gui::FactsStrip</name>
    <message>
        <source>owner of %1</source>
        <translation>Besitzer von %1</translation>
    </message>
    <message>
        <source>nobody</source>
        <translation>niemand</translation>
    </message>
    <message>
        <source>phase</source>
        <translation>Phase</translation>
    </message>
    <message>
        <source>before the first fault</source>
        <translation>vor dem ersten Fehler</translation>
    </message>
    <message>
        <source>not known</source>
        <translation>nicht bekannt</translation>
    </message>
    <message>
        <source>%1 of %2: %3</source>
        <translation>%1 von %2: %3</translation>
    </message>
    <message>
        <source>over: %1</source>
        <translation>vorbei: %1</translation>
    </message>
    <message>
        <source>not explained</source>
        <translation>nicht erklärt</translation>
    </message>
    <message>
        <source>since fault</source>
        <translation>seit Fehler</translation>
    </message>
    <message>
        <source>directions answered</source>
        <translation>Richtungen erreichbar</translation>
    </message>
    <message>
        <source>%1 of %2</source>
        <translation>%1 von %2</translation>
    </message>
    <message>
        <source>calls up</source>
        <translation>Gespräche</translation>
    </message>
    <message>
        <source>dropped</source>
        <translation>abgebrochen</translation>
    </message>
    <message>
        <source>Facts of the moment</source>
        <translation>Lage im Augenblick</translation>
    </message>
</context>
<context>
    <name>gui::Inspector</name>
    <message numerus="yes">
        <source>… %n record(s) of the exchange with the bridge</source>
        <translation>
            <numerusform>… %n Eintrag des Austauschs mit der Bridge</numerusform>
            <numerusform>… %n Einträge des Austauschs mit der Bridge</numerusform>
        </translation>
    </message>
    <message>
        <source>%1 since %2</source>
        <translation>%1 seit %2</translation>
    </message>
    <message>
        <source>kind</source>
        <translation>Art</translation>
    </message>
    <message>
        <source>is here</source>
        <translation>ist hier</translation>
    </message>
    <message>
        <source>not here</source>
        <translation>nicht hier</translation>
    </message>
    <message>
        <source>daemon</source>
        <translation>Daemon</translation>
    </message>
    <message>
        <source>runs</source>
        <translation>läuft</translation>
    </message>
    <message>
        <source>does not run</source>
        <translation>läuft nicht</translation>
    </message>
    <message>
        <source>service</source>
        <translation>service</translation>
    </message>
    <message>
        <source>hangs</source>
        <translation>hängt</translation>
    </message>
    <message>
        <source>T1 spans</source>
        <translation>T1-Strecken</translation>
    </message>
    <message>
        <source>TDMoE arrives</source>
        <translation>TDMoE kommt an</translation>
    </message>
    <message>
        <source>no TDMoE</source>
        <translation>kein TDMoE</translation>
    </message>
    <message>
        <source>up</source>
        <translation>in Ordnung</translation>
    </message>
    <message>
        <source>impaired</source>
        <translation>beeinträchtigt</translation>
    </message>
    <message>
        <source>down</source>
        <translation>unterbrochen</translation>
    </message>
    <message>
        <source>%1 to %2, %3</source>
        <translation>%1 nach %2, %3</translation>
    </message>
    <message>
        <source>Why is it in this state?</source>
        <translation>Warum ist es in diesem Zustand?</translation>
    </message>
    <message>
        <source>type</source>
        <translation>Art</translation>
    </message>
    <message>
        <source>ends</source>
        <translation>Enden</translation>
    </message>
    <message>
        <source>frames so far</source>
        <translation>Rahmen bisher</translation>
    </message>
    <message>
        <source>dropped so far</source>
        <translation>verworfen bisher</translation>
    </message>
    <message>
        <source>Last frames</source>
        <translation>Letzte Rahmen</translation>
    </message>
    <message>
        <source>T1 lines carry no frames.</source>
        <translation>T1-Leitungen tragen keine Rahmen.</translation>
    </message>
    <message>
        <source>No frame was recorded here until now.</source>
        <translation>Hier wurde bisher kein Rahmen aufgezeichnet.</translation>
    </message>
    <message>
        <source>time</source>
        <translation>Zeit</translation>
    </message>
    <message>
        <source>record</source>
        <translation>Eintrag</translation>
    </message>
    <message>
        <source>Why did it happen?</source>
        <translation>Warum ist es geschehen?</translation>
    </message>
    <message>
        <source>Select a node, a link or an event to see what is known of it, and why.</source>
        <translation>Knoten, Leitung oder Ereignis auswählen, um zu sehen, was davon bekannt ist und warum.</translation>
    </message>
    <message>
        <source>%1: %2 %3</source>
        <translation>%1: %2 %3</translation>
    </message>
    <message>
        <source>%1, worst direction %2: %3</source>
        <translation>%1, schlechteste Richtung %2: %3</translation>
    </message>
    <message>
        <source>not restored</source>
        <translation>nicht wiederhergestellt</translation>
    </message>
    <message>
        <source>Why did it take so long?</source>
        <translation>Warum hat es so lange gedauert?</translation>
    </message>
    <message>
        <source>No run is open.</source>
        <translation>Kein Lauf geöffnet.</translation>
    </message>
    <message>
        <source>Inspector</source>
        <translation>Inspektor</translation>
    </message>
</context>
<context>
    <name>gui::LadderView</name>
    <message>
        <source>Ladder</source>
        <translation>Ablauf</translation>
    </message>
    <message>
        <source>No run is open.</source>
        <translation>Kein Lauf geöffnet.</translation>
    </message>
    <message>
        <source>No messages within 5 s of %1. They are where the overview is dense.</source>
        <translation>Keine Nachrichten innerhalb von 5 s um %1. Es gibt sie dort, wo die Übersicht dicht ist.</translation>
    </message>
    <message>
        <source>Messages around %1</source>
        <translation>Nachrichten um %1</translation>
    </message>
</context>
<context>
    <name>gui::MainWindow</name>
    <message>
        <source>Understudy player</source>
        <translation>Understudy-Player</translation>
    </message>
    <message>
        <source>Close this notice</source>
        <translation>Diesen Hinweis schließen</translation>
    </message>
    <message>
        <source>Progress</source>
        <translation>Fortschritt</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>Running the scenario …</source>
        <translation>Das Szenario läuft …</translation>
    </message>
    <message>
        <source>Tools</source>
        <translation>Werkzeuge</translation>
    </message>
    <message>
        <source>Open</source>
        <translation>Öffnen</translation>
    </message>
    <message>
        <source>Open a trace or a scenario</source>
        <translation>Eine Spur oder ein Szenario öffnen</translation>
    </message>
    <message>
        <source>Player</source>
        <translation>Player</translation>
    </message>
    <message>
        <source>Compare</source>
        <translation>Vergleich</translation>
    </message>
    <message>
        <source>Script</source>
        <translation>Skript</translation>
    </message>
    <message>
        <source>Sweep</source>
        <translation>Reihe</translation>
    </message>
    <message>
        <source>Export view</source>
        <translation>Ansicht sichern</translation>
    </message>
    <message>
        <source>Ctrl+E</source>
        <translation>Ctrl+E</translation>
    </message>
    <message>
        <source>Save this page as a picture (PNG), or its views as drawings (SVG)</source>
        <translation>Diese Seite als Bild (PNG) oder ihre Ansichten als Zeichnungen (SVG) sichern</translation>
    </message>
    <message>
        <source>Filter of all lists</source>
        <translation>Filter aller Listen</translation>
    </message>
    <message>
        <source>Filter:  node:asterisk2  kind:ms  t:180..192   (Ctrl+F)</source>
        <translation>Filter:  node:asterisk2  kind:ms  t:180..192   (Ctrl+F)</translation>
    </message>
    <message>
        <source>&amp;File</source>
        <translation>&amp;Datei</translation>
    </message>
    <message>
        <source>Export the listed events (CSV)…</source>
        <translation>Aufgelistete Ereignisse sichern (CSV) …</translation>
    </message>
    <message>
        <source>Export the phases (CSV)…</source>
        <translation>Phasen sichern (CSV) …</translation>
    </message>
    <message>
        <source>Export the phases</source>
        <translation>Phasen sichern</translation>
    </message>
    <message>
        <source>Tables (*.csv)</source>
        <translation>Tabellen (*.csv)</translation>
    </message>
    <message>
        <source>%1 cannot be written: %2.</source>
        <translation>%1 lässt sich nicht schreiben: %2.</translation>
    </message>
    <message>
        <source>Export the ladder (Mermaid)…</source>
        <translation>Ablauf sichern (Mermaid) …</translation>
    </message>
    <message>
        <source>Export for Perfetto (JSON)…</source>
        <translation>Für Perfetto sichern (JSON) …</translation>
    </message>
    <message>
        <source>&amp;Quit</source>
        <translation>&amp;Beenden</translation>
    </message>
    <message>
        <source>&amp;View</source>
        <translation>&amp;Ansicht</translation>
    </message>
    <message>
        <source>Panels</source>
        <translation>Tafeln</translation>
    </message>
    <message>
        <source>Theme</source>
        <translation>Farben</translation>
    </message>
    <message>
        <source>Light</source>
        <translation>Hell</translation>
    </message>
    <message>
        <source>Dark</source>
        <translation>Dunkel</translation>
    </message>
    <message>
        <source>As the desktop</source>
        <translation>Wie der Schreibtisch</translation>
    </message>
    <message>
        <source>Reduced motion</source>
        <translation>Weniger Bewegung</translation>
    </message>
    <message>
        <source>&amp;Playback</source>
        <translation>&amp;Wiedergabe</translation>
    </message>
    <message>
        <source>Play or pause	Space</source>
        <translation>Abspielen oder anhalten	Leertaste</translation>
    </message>
    <message>
        <source>Next fault	N</source>
        <translation>Nächster Fehler	N</translation>
    </message>
    <message>
        <source>Previous fault	P</source>
        <translation>Voriger Fehler	P</translation>
    </message>
    <message>
        <source>Next event	.</source>
        <translation>Nächstes Ereignis	.</translation>
    </message>
    <message>
        <source>Previous event	,</source>
        <translation>Voriges Ereignis	,</translation>
    </message>
    <message>
        <source>Go to time…	G</source>
        <translation>Zu einer Zeit gehen …	G</translation>
    </message>
    <message>
        <source>Fit the takeover	F</source>
        <translation>Übernahme einpassen	F</translation>
    </message>
    <message>
        <source>Bookmark…	M</source>
        <translation>Lesezeichen …	M</translation>
    </message>
    <message>
        <source>&amp;Help</source>
        <translation>&amp;Hilfe</translation>
    </message>
    <message>
        <source>Keys</source>
        <translation>Tasten</translation>
    </message>
    <message>
        <source>About</source>
        <translation>Über</translation>
    </message>
    <message>
        <source>Understudy player %1
Shows what happened in a rehearsed failover, and why.
GPL-2.0-or-later</source>
        <translation>Understudy-Player %1
Zeigt, was bei einem geprobten Ausfall geschah, und warum.
GPL-2.0-or-later</translation>
    </message>
    <message>
        <source>Ctrl+L</source>
        <translation>Ctrl+L</translation>
    </message>
    <message>
        <source>Traces, scenarios and results (*.run.jsonl *.run.jsonl.zst *.json);;All files (*)</source>
        <translation>Spuren, Szenarien und Ergebnisse (*.run.jsonl *.run.jsonl.zst *.json);;Alle Dateien (*)</translation>
    </message>
    <message>
        <source>Run a scenario</source>
        <translation>Ein Szenario laufen lassen</translation>
    </message>
    <message>
        <source>Scenarios (*.json);;All files (*)</source>
        <translation>Szenarien (*.json);;Alle Dateien (*)</translation>
    </message>
    <message>
        <source>The demo scenario (call-centre/primary-power.json) is not installed beside this program.</source>
        <translation>Das Beispielszenario (call-centre/primary-power.json) liegt nicht neben diesem Programm.</translation>
    </message>
    <message>
        <source>Open run A</source>
        <translation>Lauf A öffnen</translation>
    </message>
    <message>
        <source>Open run B</source>
        <translation>Lauf B öffnen</translation>
    </message>
    <message>
        <source>Traces (*.run.jsonl *.run.jsonl.zst);;All files (*)</source>
        <translation>Spuren (*.run.jsonl *.run.jsonl.zst);;Alle Dateien (*)</translation>
    </message>
    <message>
        <source>Open a folder of results</source>
        <translation>Einen Ordner mit Ergebnissen öffnen</translation>
    </message>
    <message>
        <source>Opening %1 …</source>
        <translation>%1 wird geöffnet …</translation>
    </message>
    <message>
        <source>%1 – Understudy player</source>
        <translation>%1 – Understudy-Player</translation>
    </message>
    <message>
        <source>no result</source>
        <translation>kein Ergebnis</translation>
    </message>
    <message>
        <source>seed %1</source>
        <translation>Seed %1</translation>
    </message>
    <message>
        <source>%1 %2</source>
        <translation>%1 %2</translation>
    </message>
    <message>
        <source>Ready</source>
        <translation>Bereit</translation>
    </message>
    <message>
        <source>%1 records · %2 simulated · %3 · %4</source>
        <translation>%1 Einträge · %2 simuliert · %3 · %4</translation>
    </message>
    <message>
        <source>trace is truncated</source>
        <translation>Spur ist abgebrochen</translation>
    </message>
    <message>
        <source>trace is complete</source>
        <translation>Spur ist vollständig</translation>
    </message>
    <message>
        <source>Go to time</source>
        <translation>Zu einer Zeit gehen</translation>
    </message>
    <message>
        <source>Time, such as 182.3, 3:02.3 or 250 ms:</source>
        <translation>Zeit, etwa 182.3, 3:02.3 oder 250 ms:</translation>
    </message>
    <message>
        <source>“%1” is no time. Examples: 182.3, 3:02.3, 250 ms.</source>
        <translation>„%1“ ist keine Zeit. Beispiele: 182.3, 3:02.3, 250 ms.</translation>
    </message>
    <message>
        <source>Bookmark</source>
        <translation>Lesezeichen</translation>
    </message>
    <message>
        <source>Note for %1:</source>
        <translation>Notiz zu %1:</translation>
    </message>
    <message>
        <source>Space</source>
        <translation>Leertaste</translation>
    </message>
    <message>
        <source>play or pause</source>
        <translation>abspielen oder anhalten</translation>
    </message>
    <message>
        <source>J, K, L</source>
        <translation>J, K, L</translation>
    </message>
    <message>
        <source>backwards, pause, forwards; again: faster</source>
        <translation>rückwärts, anhalten, vorwärts; nochmals: schneller</translation>
    </message>
    <message>
        <source>← →</source>
        <translation>← →</translation>
    </message>
    <message>
        <source>100 ms; with Shift 1 s, with Alt 10 ms</source>
        <translation>100 ms; mit Umschalt 1 s, mit Alt 10 ms</translation>
    </message>
    <message>
        <source>, .</source>
        <translation>, .</translation>
    </message>
    <message>
        <source>previous and next listed event</source>
        <translation>voriges und nächstes aufgelistetes Ereignis</translation>
    </message>
    <message>
        <source>[ ]</source>
        <translation>[ ]</translation>
    </message>
    <message>
        <source>previous and next event of the same kind</source>
        <translation>voriges und nächstes Ereignis derselben Art</translation>
    </message>
    <message>
        <source>P, N</source>
        <translation>P, N</translation>
    </message>
    <message>
        <source>previous and next fault</source>
        <translation>voriger und nächster Fehler</translation>
    </message>
    <message>
        <source>G</source>
        <translation>G</translation>
    </message>
    <message>
        <source>go to a time</source>
        <translation>zu einer Zeit gehen</translation>
    </message>
    <message>
        <source>F</source>
        <translation>F</translation>
    </message>
    <message>
        <source>fit the takeover into the timeline</source>
        <translation>die Übernahme in die Zeitachse einpassen</translation>
    </message>
    <message>
        <source>Home, End</source>
        <translation>Pos1, Ende</translation>
    </message>
    <message>
        <source>beginning and end</source>
        <translation>Anfang und Ende</translation>
    </message>
    <message>
        <source>M</source>
        <translation>M</translation>
    </message>
    <message>
        <source>bookmark with a note</source>
        <translation>Lesezeichen mit Notiz</translation>
    </message>
    <message>
        <source>loop the marked range</source>
        <translation>den markierten Bereich wiederholen</translation>
    </message>
    <message>
        <source>Ctrl+F</source>
        <translation>Strg+F</translation>
    </message>
    <message>
        <source>filter</source>
        <translation>Filter</translation>
    </message>
    <message>
        <source>export this page</source>
        <translation>diese Seite sichern</translation>
    </message>
    <message>
        <source>1 to 4</source>
        <translation>1 bis 4</translation>
    </message>
    <message>
        <source>Player, Compare, Script, Sweep</source>
        <translation>Player, Vergleich, Skript, Reihe</translation>
    </message>
    <message>
        <source>Esc</source>
        <translation>Esc</translation>
    </message>
    <message>
        <source>clear selection and range</source>
        <translation>Auswahl und Bereich aufheben</translation>
    </message>
    <message>
        <source>wheel</source>
        <translation>Mausrad</translation>
    </message>
    <message>
        <source>zoom the timeline at the pointer; with Shift pan</source>
        <translation>die Zeitachse am Zeiger vergrößern; mit Umschalt verschieben</translation>
    </message>
    <message>
        <source>Picture of the page (*.png);;Drawings of its views (*.svg)</source>
        <translation>Bild der Seite (*.png);;Zeichnungen ihrer Ansichten (*.svg)</translation>
    </message>
    <message>
        <source>%1 cannot be written.</source>
        <translation>%1 lässt sich nicht schreiben.</translation>
    </message>
    <message>
        <source>Export the listed events</source>
        <translation>Aufgelistete Ereignisse sichern</translation>
    </message>
    <message>
        <source>Export the ladder</source>
        <translation>Ablauf sichern</translation>
    </message>
    <message>
        <source>Diagrams (*.mmd)</source>
        <translation>Diagramme (*.mmd)</translation>
    </message>
    <message>
        <source>Export for Perfetto</source>
        <translation>Für Perfetto sichern</translation>
    </message>
    <message>
        <source>Trace events (*.json)</source>
        <translation>Ereignisse (*.json)</translation>
    </message>
</context>
<context>
    <name>gui::PhaseChart</name>
    <message>
        <source>%1 %2</source>
        <translation>%1 %2</translation>
    </message>
    <message>
        <source>not restored</source>
        <translation>nicht wiederhergestellt</translation>
    </message>
    <message>
        <source>Takeover phases</source>
        <translation>Übernahmephasen</translation>
    </message>
    <message>
        <source>No run is open.</source>
        <translation>Kein Lauf geöffnet.</translation>
    </message>
    <message>
        <source>No phases: %1.</source>
        <translation>Keine Phasen: %1.</translation>
    </message>
    <message>
        <source>No fault, so no takeover: this scenario has no episode.</source>
        <translation>Kein Fehler, also keine Übernahme: dieses Szenario hat keine Episode.</translation>
    </message>
    <message>
        <source>Nobody was cut off by %1: no interruption.</source>
        <translation>Niemand war durch %1 abgeschnitten: keine Unterbrechung.</translation>
    </message>
    <message>
        <source>target 15–20 s</source>
        <translation>Ziel 15–20 s</translation>
    </message>
</context>
<context>
    <name>gui::PlayerPage</name>
    <message>
        <source>Scenario</source>
        <translation>Szenario</translation>
    </message>
    <message>
        <source>Event log</source>
        <translation>Ereignisse</translation>
    </message>
    <message>
        <source>Takeover phases</source>
        <translation>Übernahmephasen</translation>
    </message>
    <message>
        <source>Inspector</source>
        <translation>Inspektor</translation>
    </message>
</context>
<context>
    <name>gui::Runner</name>
    <message>
        <source>The program understudy was not found. It is expected beside the player, in $UNDERSTUDY_PROGRAM or on the path.</source>
        <translation>Das Programm understudy wurde nicht gefunden. Erwartet wird es neben dem Player, in $UNDERSTUDY_PROGRAM oder im Suchpfad.</translation>
    </message>
    <message>
        <source>%1 could not be started.</source>
        <translation>%1 ließ sich nicht starten.</translation>
    </message>
    <message>
        <source>The run was cancelled.</source>
        <translation>Der Lauf wurde abgebrochen.</translation>
    </message>
    <message>
        <source>understudy crashed. What it wrote until then is of no use.</source>
        <translation>understudy ist abgestürzt. Was es bis dahin geschrieben hat, ist unbrauchbar.</translation>
    </message>
    <message>
        <source>The run has ended: every expectation holds.</source>
        <translation>Der Lauf ist zu Ende: jede Erwartung ist erfüllt.</translation>
    </message>
    <message>
        <source>The run has ended: an expectation failed or an invariant was violated.</source>
        <translation>Der Lauf ist zu Ende: eine Erwartung ist nicht erfüllt oder eine Invariante verletzt.</translation>
    </message>
    <message>
        <source>understudy did not understand its arguments; it may be older than this player.</source>
        <translation>understudy hat seine Argumente nicht verstanden; vielleicht ist es älter als dieser Player.</translation>
    </message>
    <message>
        <source>The scenario or its files have errors; nothing was run.</source>
        <translation>Das Szenario oder seine Dateien haben Fehler; nichts wurde ausgeführt.</translation>
    </message>
    <message>
        <source>The run has ended: inconclusive.</source>
        <translation>Der Lauf ist zu Ende: ohne klares Ergebnis.</translation>
    </message>
    <message>
        <source>understudy reports an internal error, or a fault that could not take effect.</source>
        <translation>understudy meldet einen inneren Fehler, oder einen Fehler, der nicht wirken konnte.</translation>
    </message>
    <message>
        <source>understudy ended with code %1, which has no meaning here.</source>
        <translation>understudy endete mit Code %1, der hier keine Bedeutung hat.</translation>
    </message>
</context>
<context>
    <name>gui::ScenarioTree</name>
    <message>
        <source>Scenario</source>
        <translation>Szenario</translation>
    </message>
    <message>
        <source>seed</source>
        <translation>Seed</translation>
    </message>
    <message>
        <source>daemon</source>
        <translation>Daemon</translation>
    </message>
    <message>
        <source>records</source>
        <translation>Einträge</translation>
    </message>
    <message>
        <source>simulated</source>
        <translation>simuliert</translation>
    </message>
    <message>
        <source>made by</source>
        <translation>erzeugt von</translation>
    </message>
    <message>
        <source>ns-3</source>
        <translation>ns-3</translation>
    </message>
    <message>
        <source>digest</source>
        <translation>Prüfsumme</translation>
    </message>
    <message>
        <source>Nodes</source>
        <translation>Knoten</translation>
    </message>
    <message>
        <source>Faults</source>
        <translation>Fehler</translation>
    </message>
    <message>
        <source>%1 %2</source>
        <translation>%1 %2</translation>
    </message>
    <message>
        <source>Expectations</source>
        <translation>Erwartungen</translation>
    </message>
    <message>
        <source>%1: observed %2, expected %3</source>
        <translation>%1: beobachtet %2, erwartet %3</translation>
    </message>
    <message>
        <source>%1 of %2</source>
        <translation>%1 von %2</translation>
    </message>
    <message>
        <source>Invariants</source>
        <translation>Invarianten</translation>
    </message>
    <message>
        <source>off</source>
        <translation>aus</translation>
    </message>
    <message>
        <source>It rests on</source>
        <translation>Es beruht auf</translation>
    </message>
    <message>
        <source>%1 = %2 (%3: %4)</source>
        <translation>%1 = %2 (%3: %4)</translation>
    </message>
    <message>
        <source>Bookmarks</source>
        <translation>Lesezeichen</translation>
    </message>
    <message>
        <source>(no note)</source>
        <translation>(ohne Notiz)</translation>
    </message>
    <message>
        <source>%1: %2</source>
        <translation>%1: %2</translation>
    </message>
</context>
<context>
    <name>gui::ScriptPage</name>
    <message>
        <source>Add a fault</source>
        <translation>Fehler hinzufügen</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>Entfernen</translation>
    </message>
    <message>
        <source>Save as…</source>
        <translation>Sichern als …</translation>
    </message>
    <message>
        <source>Run</source>
        <translation>Laufen lassen</translation>
    </message>
    <message>
        <source>Run and compare</source>
        <translation>Laufen und vergleichen</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>Timeline</source>
        <translation>Zeitachse</translation>
    </message>
    <message>
        <source>Id</source>
        <translation>Kennung</translation>
    </message>
    <message>
        <source>Time</source>
        <translation>Zeit</translation>
    </message>
    <message>
        <source>Fault</source>
        <translation>Fehler</translation>
    </message>
    <message>
        <source>Target</source>
        <translation>Ziel</translation>
    </message>
    <message>
        <source>Duration</source>
        <translation>Dauer</translation>
    </message>
    <message>
        <source>Seed</source>
        <translation>Seed</translation>
    </message>
    <message>
        <source>Text of the scenario</source>
        <translation>Text des Szenarios</translation>
    </message>
    <message>
        <source>What changes</source>
        <translation>Was sich ändert</translation>
    </message>
    <message>
        <source>Problems</source>
        <translation>Probleme</translation>
    </message>
    <message>
        <source>Remove the selected entry</source>
        <translation>Den ausgewählten Eintrag entfernen</translation>
    </message>
    <message>
        <source>Save as</source>
        <translation>Sichern als</translation>
    </message>
    <message>
        <source>Cancel the run</source>
        <translation>Den Lauf abbrechen</translation>
    </message>
    <message>
        <source>at</source>
        <translation>um</translation>
    </message>
    <message>
        <source>what</source>
        <translation>was</translation>
    </message>
    <message>
        <source>target</source>
        <translation>Ziel</translation>
    </message>
    <message>
        <source>id</source>
        <translation>Kennung</translation>
    </message>
    <message>
        <source>such as 180s</source>
        <translation>etwa 180s</translation>
    </message>
    <message>
        <source>for good</source>
        <translation>für immer</translation>
    </message>
    <message>
        <source>fault</source>
        <translation>Fehler</translation>
    </message>
    <message>
        <source>for</source>
        <translation>für</translation>
    </message>
    <message>
        <source>seed</source>
        <translation>Seed</translation>
    </message>
    <message>
        <source>What changes, against the file</source>
        <translation>Was sich gegenüber der Datei ändert</translation>
    </message>
    <message>
        <source>%1 cannot be opened: %2.</source>
        <translation>%1 lässt sich nicht öffnen: %2.</translation>
    </message>
    <message>
        <source>larger than 16 MiB</source>
        <translation>größer als 16 MiB</translation>
    </message>
    <message>
        <source>check: %1</source>
        <translation>Prüfung: %1</translation>
    </message>
    <message>
        <source>No scenario is open</source>
        <translation>Kein Szenario geöffnet</translation>
    </message>
    <message>
        <source>%1%2</source>
        <translation>%1%2</translation>
    </message>
    <message>
        <source> (changed)</source>
        <translation> (geändert)</translation>
    </message>
    <message>
        <source>Open a scenario (Ctrl+O) to see its faults.</source>
        <translation>Ein Szenario öffnen (Strg+O), um seine Fehler zu sehen.</translation>
    </message>
    <message>
        <source>Line %1: %2</source>
        <translation>Zeile %1: %2</translation>
    </message>
    <message>
        <source>Checking …</source>
        <translation>Wird geprüft …</translation>
    </message>
    <message>
        <source>Nothing yet.</source>
        <translation>Noch nichts.</translation>
    </message>
    <message>
        <source>Save the scenario</source>
        <translation>Das Szenario sichern</translation>
    </message>
    <message>
        <source>Scenarios (*.json)</source>
        <translation>Szenarien (*.json)</translation>
    </message>
    <message>
        <source>%1 cannot be written: %2.</source>
        <translation>%1 lässt sich nicht schreiben: %2.</translation>
    </message>
    <message>
        <source>Not checked: the folder of the scenario cannot be written to.</source>
        <translation>Nicht geprüft: in den Ordner des Szenarios lässt sich nicht schreiben.</translation>
    </message>
    <message>
        <source>understudy finds no error in it.</source>
        <translation>understudy findet keinen Fehler darin.</translation>
    </message>
    <message>
        <source>Line %1</source>
        <translation>Zeile %1</translation>
    </message>
    <message>
        <source>… and %1 more</source>
        <translation>… und %1 weitere</translation>
    </message>
    <message>
        <source>The folder of the scenario cannot be written to. Save the scenario elsewhere first.</source>
        <translation>In den Ordner des Szenarios lässt sich nicht schreiben. Das Szenario zuerst anderswo sichern.</translation>
    </message>
    <message>
        <source>The run left no trace.</source>
        <translation>Der Lauf hat keine Spur hinterlassen.</translation>
    </message>
</context>
<context>
    <name>gui::ScriptStrip</name>
    <message>
        <source>Timeline of the scenario</source>
        <translation>Zeitachse des Szenarios</translation>
    </message>
    <message>
        <source>Drag a fault to change its time; with Shift in steps of 10 ms</source>
        <translation>Einen Fehler ziehen, um seine Zeit zu ändern; mit Umschalt in Schritten von 10 ms</translation>
    </message>
    <message>
        <source>%1 %2</source>
        <translation>%1 %2</translation>
    </message>
    <message>
        <source>No faults yet.</source>
        <translation>Noch keine Fehler.</translation>
    </message>
</context>
<context>
    <name>gui::SeedChart</name>
    <message>
        <source>Cut-off of every seed</source>
        <translation>Unterbrechung bei jedem Seed</translation>
    </message>
    <message>
        <source>No single runs lie beside this summary: seed-N/result.json was not found.</source>
        <translation>Neben dieser Zusammenfassung liegen keine einzelnen Läufe: seed-N/result.json wurde nicht gefunden.</translation>
    </message>
    <message>
        <source>target 15–20 s</source>
        <translation>Ziel 15–20 s</translation>
    </message>
</context>
<context>
    <name>gui::StartPage</name>
    <message>
        <source>No run is open</source>
        <translation>Kein Lauf geöffnet</translation>
    </message>
    <message>
        <source>Recent</source>
        <translation>Zuletzt</translation>
    </message>
    <message>
        <source>Space play · J K L back, pause, forward · , . event · N P fault · M bookmark · F1 all keys</source>
        <translation>Leertaste abspielen · J K L zurück, anhalten, vor · , . Ereignis · N P Fehler · M Lesezeichen · F1 alle Tasten</translation>
    </message>
    <message>
        <source>Open a trace…</source>
        <translation>Eine Spur öffnen …</translation>
    </message>
    <message>
        <source>Run a scenario…</source>
        <translation>Ein Szenario laufen lassen …</translation>
    </message>
    <message>
        <source>Play the demo outage</source>
        <translation>Den Beispielausfall abspielen</translation>
    </message>
    <message>
        <source>Recent runs</source>
        <translation>Zuletzt geöffnete Läufe</translation>
    </message>
    <message>
        <source>Recent: none yet. Runs that you open are listed here.</source>
        <translation>Zuletzt: noch keine. Geöffnete Läufe werden hier aufgelistet.</translation>
    </message>
    <message>
        <source>Drop a trace (.run.jsonl), a scenario (.json) or a folder of results here</source>
        <translation>Eine Spur (.run.jsonl), ein Szenario (.json) oder einen Ordner mit Ergebnissen hier ablegen</translation>
    </message>
</context>
<context>
    <name>gui::SweepMap</name>
    <message>
        <source>two owners</source>
        <translation>zwei Besitzer</translation>
    </message>
    <message>
        <source>Cut-off by scenario and daemon</source>
        <translation>Unterbrechung nach Szenario und Daemon</translation>
    </message>
    <message>
        <source>%1 with %2: %3 in the middle, worst: %4</source>
        <translation>%1 mit %2: %3 in der Mitte, am schlechtesten: %4</translation>
    </message>
    <message>
        <source>No results are open.</source>
        <translation>Keine Ergebnisse geöffnet.</translation>
    </message>
    <message>
        <source>not run</source>
        <translation>nicht ausgeführt</translation>
    </message>
    <message>
        <source>p95 %1 · %2</source>
        <translation>p95 %1 · %2</translation>
    </message>
    <message>
        <source>two owners in %1 of %2</source>
        <translation>zwei Besitzer in %1 von %2</translation>
    </message>
    <message>
        <source>no takeover in %1 of %2</source>
        <translation>keine Übernahme in %1 von %2</translation>
    </message>
    <message>
        <source>median cut-off, 0 to 60 s and more</source>
        <translation>mittlere Unterbrechung, 0 bis 60 s und mehr</translation>
    </message>
    <message>
        <source>✓ every run within 20 s</source>
        <translation>✓ jeder Lauf innerhalb von 20 s</translation>
    </message>
    <message>
        <source>✕ two owners, or no takeover</source>
        <translation>✕ zwei Besitzer oder keine Übernahme</translation>
    </message>
    <message>
        <source>all runs (%1)</source>
        <translation>alle Läufe (%1)</translation>
    </message>
</context>
<context>
    <name>gui::SweepPage</name>
    <message>
        <source>No results are open</source>
        <translation>Keine Ergebnisse geöffnet</translation>
    </message>
    <message>
        <source>Phases over all runs</source>
        <translation>Phasen über alle Läufe</translation>
    </message>
    <message>
        <source>phase</source>
        <translation>Phase</translation>
    </message>
    <message>
        <source>least</source>
        <translation>kleinste</translation>
    </message>
    <message>
        <source>median</source>
        <translation>Median</translation>
    </message>
    <message>
        <source>p95</source>
        <translation>p95</translation>
    </message>
    <message>
        <source>most</source>
        <translation>größte</translation>
    </message>
    <message>
        <source>Runs</source>
        <translation>Läufe</translation>
    </message>
    <message>
        <source>seed</source>
        <translation>Seed</translation>
    </message>
    <message>
        <source>cut-off</source>
        <translation>Unterbrechung</translation>
    </message>
    <message>
        <source>verdict</source>
        <translation>Urteil</translation>
    </message>
    <message>
        <source>trace</source>
        <translation>Spur</translation>
    </message>
    <message>
        <source>Open the median run</source>
        <translation>Den mittleren Lauf öffnen</translation>
    </message>
    <message>
        <source>Here many runs are seen at once: scenarios against daemons, over seeds.
Make some with

understudy run scenarios/call-centre/*.json --seeds 1..40 --implementation both --out DIR

and open DIR. With --trace signalling each run can be played from here.</source>
        <translation>Hier sieht man viele Läufe zugleich: Szenarien gegen Daemons, über Seeds.
Sie entstehen mit

understudy run scenarios/call-centre/*.json --seeds 1..40 --implementation both --out DIR

und DIR öffnen. Mit --trace signalling lässt sich jeder Lauf von hier abspielen.</translation>
    </message>
    <message>
        <source>Open a folder of results…</source>
        <translation>Einen Ordner mit Ergebnissen öffnen …</translation>
    </message>
    <message>
        <source>Open another folder…</source>
        <translation>Einen anderen Ordner öffnen …</translation>
    </message>
    <message>
        <source>Table of results</source>
        <translation>Tabelle der Ergebnisse</translation>
    </message>
    <message>
        <source>%1 cannot be shown as results: %2.</source>
        <translation>%1 lässt sich nicht als Ergebnis zeigen: %2.</translation>
    </message>
    <message numerus="yes">
        <source>%n file(s) were left out.</source>
        <translation>
            <numerusform>%n Datei wurde ausgelassen.</numerusform>
            <numerusform>%n Dateien wurden ausgelassen.</numerusform>
        </translation>
    </message>
    <message>
        <source>%1: %2 scenarios, %3 runs. Cut-off of the worst direction: median, p95, worst verdict.</source>
        <translation>%1: %2 Szenarien, %3 Läufe. Unterbrechung der schlechtesten Richtung: Median, p95, schlechtestes Urteil.</translation>
    </message>
    <message>
        <source>%1 × %2</source>
        <translation>%1 × %2</translation>
    </message>
    <message>
        <source>%1 · seeds %2 to %3 · %4%5</source>
        <translation>%1 · Seeds %2 bis %3 · %4%5</translation>
    </message>
    <message>
        <source> · not all runs were done</source>
        <translation> · nicht alle Läufe wurden ausgeführt</translation>
    </message>
    <message>
        <source>and %1 more</source>
        <translation>und %1 weitere</translation>
    </message>
    <message numerus="yes">
        <source>%n invariant(s) violated</source>
        <translation>
            <numerusform>%n Invariante verletzt</numerusform>
            <numerusform>%n Invarianten verletzt</numerusform>
        </translation>
    </message>
    <message>
        <source>cut off</source>
        <translation>abgeschnitten</translation>
    </message>
    <message>
        <source>%1, still open</source>
        <translation>%1, noch offen</translation>
    </message>
    <message>
        <source>not kept</source>
        <translation>nicht aufgehoben</translation>
    </message>
    <message>
        <source>open: Enter</source>
        <translation>öffnen: Enter</translation>
    </message>
    <message>
        <source>The trace of seed %1 was not kept. Run the scenario with --seed %1, or all of them with --trace signalling.</source>
        <translation>Die Spur von Seed %1 wurde nicht aufgehoben. Das Szenario mit --seed %1 laufen lassen, oder alle mit --trace signalling.</translation>
    </message>
    <message>
        <source>Every expectation passed.</source>
        <translation>Jede Erwartung ist bestanden.</translation>
    </message>
    <message>
        <source>Not passed: %1</source>
        <translation>Nicht bestanden: %1</translation>
    </message>
</context>
<context>
    <name>gui::TimelineView</name>
    <message>
        <source>%1 to %2: %3</source>
        <translation>%1 bis %2: %3</translation>
    </message>
    <message>
        <source>%1 records</source>
        <translation>%1 Einträge</translation>
    </message>
    <message>
        <source>%1: %2 probe calls answered</source>
        <translation>%1: %2 Probeanrufe beantwortet</translation>
    </message>
    <message>
        <source>%1 %2</source>
        <translation>%1 %2</translation>
    </message>
    <message>
        <source>%1: %2</source>
        <translation>%1: %2</translation>
    </message>
    <message>
        <source>Timeline</source>
        <translation>Zeitachse</translation>
    </message>
    <message>
        <source>Lanes</source>
        <translation>Bahnen</translation>
    </message>
    <message>
        <source>faults</source>
        <translation>Fehler</translation>
    </message>
    <message>
        <source>takeover phases</source>
        <translation>Übernahmephasen</translation>
    </message>
    <message>
        <source>calls %1</source>
        <translation>Rufe %1</translation>
    </message>
    <message>
        <source>No run is open.</source>
        <translation>Kein Lauf geöffnet.</translation>
    </message>
    <message>
        <source>whole run, %1</source>
        <translation>ganzer Lauf, %1</translation>
    </message>
    <message>
        <source>no fault in this run</source>
        <translation>kein Fehler in diesem Lauf</translation>
    </message>
    <message>
        <source>No phases: %1. Marks are milestones.</source>
        <translation>Keine Phasen: %1. Marken sind Meilensteine.</translation>
    </message>
    <message>
        <source>not explained</source>
        <translation>nicht erklärt</translation>
    </message>
    <message>
        <source>%1, %2</source>
        <translation>%1, %2</translation>
    </message>
    <message>
        <source>not restored, %1</source>
        <translation>nicht wiederhergestellt, %1</translation>
    </message>
    <message>
        <source>nobody · %1</source>
        <translation>niemand · %1</translation>
    </message>
    <message>
        <source>nobody</source>
        <translation>niemand</translation>
    </message>
    <message>
        <source>two owners: %1</source>
        <translation>zwei Besitzer: %1</translation>
    </message>
    <message>
        <source>no probe call was answered in this direction</source>
        <translation>in dieser Richtung wurde kein Probeanruf beantwortet</translation>
    </message>
    <message>
        <source>cut off %1</source>
        <translation>abgeschnitten %1</translation>
    </message>
    <message>
        <source>not restored</source>
        <translation>nicht wiederhergestellt</translation>
    </message>
    <message>
        <source>no answer for %1</source>
        <translation>keine Antwort für %1</translation>
    </message>
    <message>
        <source>%1: %2
%3 to %4 (%5)</source>
        <translation>%1: %2
%3 bis %4 (%5)</translation>
    </message>
    <message>
        <source>%1: %2, %3</source>
        <translation>%1: %2, %3</translation>
    </message>
    <message>
        <source>%1 %2 at %3
%4</source>
        <translation>%1 %2 um %3
%4</translation>
    </message>
</context>
<context>
    <name>gui::TopologyView</name>
    <message>
        <source>Topology</source>
        <translation>Topologie</translation>
    </message>
    <message>
        <source>No run is open.</source>
        <translation>Kein Lauf geöffnet.</translation>
    </message>
    <message>
        <source>No topology: the first line of this trace lists no nodes.</source>
        <translation>Keine Topologie: die erste Zeile dieser Spur nennt keine Knoten.</translation>
    </message>
    <message>
        <source>cluster</source>
        <translation>Cluster</translation>
    </message>
    <message>
        <source>T1</source>
        <translation>T1</translation>
    </message>
    <message>
        <source>dropped</source>
        <translation>abgebrochen</translation>
    </message>
    <message>
        <source>%1: %2 since %3</source>
        <translation>%1: %2 seit %3</translation>
    </message>
</context>
<context>
    <name>gui::TransportBar</name>
    <message>
        <source>Previous fault (P)</source>
        <translation>Voriger Fehler (P)</translation>
    </message>
    <message>
        <source>Previous event (,)</source>
        <translation>Voriges Ereignis (,)</translation>
    </message>
    <message>
        <source>Play or pause (Space)</source>
        <translation>Abspielen oder anhalten (Leertaste)</translation>
    </message>
    <message>
        <source>Next event (.)</source>
        <translation>Nächstes Ereignis (.)</translation>
    </message>
    <message>
        <source>Next fault (N)</source>
        <translation>Nächster Fehler (N)</translation>
    </message>
    <message>
        <source>Time</source>
        <translation>Zeit</translation>
    </message>
    <message>
        <source>Speed</source>
        <translation>Tempo</translation>
    </message>
    <message>
        <source>Simulated time per real time</source>
        <translation>Simulierte Zeit je wirklicher Zeit</translation>
    </message>
    <message>
        <source>%1 ×</source>
        <translation>%1 ×</translation>
    </message>
    <message>
        <source>Loop the marked range (Ctrl+L)</source>
        <translation>Den markierten Bereich wiederholen (Strg+L)</translation>
    </message>
    <message>
        <source>A–B</source>
        <translation>A–B</translation>
    </message>
    <message>
        <source>Bookmark this moment (M)</source>
        <translation>Diesen Augenblick merken (M)</translation>
    </message>
    <message>
        <source>Bookmark</source>
        <translation>Lesezeichen</translation>
    </message>
    <message>
        <source>   fault %1</source>
        <translation>   Fehler %1</translation>
    </message>
</context>
</TS>